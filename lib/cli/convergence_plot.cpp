#include "lib/cli/convergence_plot.hpp"

#include "hone/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace hone::cli {

namespace {

constexpr int panel_width = 520, panel_height = 340;
constexpr int command_not_found = 127;

// In gnuplot's single quotes only the quote itself is special.
std::string quoted(const std::string& text) {
    std::string result = "'";
    for (const char c : text) result += c == '\'' ? std::string("''") : std::string(1, c);
    return result + "'";
}

std::string data_block(const std::string& name, const replay::ReplayResult& result) {
    std::string text = name + " << EOD\n";
    for (std::size_t i = 0; i < result.curve.size(); ++i)
        text += fmt::format("{} {} {}\n", i + 1, result.curve[i].median, result.curve[i].p10);
    return text + "EOD\n";
}

class ScriptFile final {
  public:
    explicit ScriptFile(const std::string& text)
        : path_(std::filesystem::temp_directory_path() /
                fmt::format("hone-convergence-{}.gp", getpid())) {
        std::ofstream(path_) << text;
    }
    ~ScriptFile() {
        std::error_code ignored;
        std::filesystem::remove(path_, ignored);
    }
    ScriptFile(const ScriptFile&) = delete;
    ScriptFile& operator=(const ScriptFile&) = delete;
    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

  private:
    std::filesystem::path path_;
};

} // namespace

std::string convergence_script(std::span<const Replayed> results, const std::string& file) {
    std::vector<std::string> spaces;
    for (const Replayed& result : results)
        if (std::find(spaces.begin(), spaces.end(), result.single.space) == spaces.end())
            spaces.push_back(result.single.space);
    const int columns = spaces.size() > 1 ? 2 : 1;
    const int rows = (static_cast<int>(spaces.size()) + columns - 1) / columns;
    std::string text = fmt::format(
        "set terminal svg size {},{} enhanced background 'white'\n"
        "set output {}\n"
        "set termoption noenhanced\n"
        "set multiplot layout {},{}\n"
        "set xlabel 'evaluations'\nset ylabel '% of the optimum, median to 10th percentile'\n"
        "set key bottom right\nset yrange [*:100]\nset grid\n"
        "set style fill transparent solid 0.15 noborder\n",
        columns * panel_width, rows * panel_height, quoted(file), rows, columns);
    int block = 0;
    for (const std::string& space : spaces) {
        std::string data, plots;
        int colour = 0;
        const auto add = [&](const replay::ReplayResult& result, const std::string& title) {
            const std::string name = fmt::format("$d{}", block++);
            data += data_block(name, result);
            ++colour;
            plots += fmt::format("{}{} using 1:3:2 with filledcurves lc {} notitle, "
                                 "{} using 1:2 with lines lw 2 lc {} title {}",
                                 plots.empty() ? "plot " : ", ", name, colour, name, colour,
                                 quoted(title));
        };
        for (const Replayed& result : results) {
            if (result.single.space != space) continue;
            add(result.single, result.single.search);
            if (result.warm) add(*result.warm, result.single.search + ", warm");
        }
        text += data + "set title " + quoted(space) + "\n" + plots + "\n";
    }
    return text + "unset multiplot\n";
}

void plot_convergence(std::span<const Replayed> results, const std::string& file) {
    const ScriptFile script(convergence_script(results, file));
    const int status = std::system(fmt::format("gnuplot \"{}\"", script.path().string()).c_str());
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    if (code == command_not_found)
        throw Error(
            Errc::unavailable, "--svg: there is no gnuplot on this machine",
            "install it (Debian: gnuplot-nox); the numbers are complete without the picture");
    if (code != 0 || !std::filesystem::exists(file))
        throw Error(Errc::not_kept, file + ": gnuplot could not draw the picture");
}

} // namespace hone::cli
