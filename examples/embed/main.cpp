// Serving from C++: one product of matrices by the best program known for this CPU.
#include <hone/hone.hpp>

#include <cstddef>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

int main() try {
    const hone::Options options = hone::Options::from_env();
    const hone::Registry registry(options);
    // The user's store, which `hone tune` fills. Without facts the fallback serves.
    std::vector<std::unique_ptr<hone::Store>> stores;
    if (!options.cache_folder.empty())
        stores.push_back(
            registry.open_store((options.cache_folder / "facts.sqlite").string(),
                                [](const std::string& text) { std::fputs(text.c_str(), stderr); }));
    std::vector<hone::Store*> tiers;
    for (const auto& store : stores) tiers.push_back(store.get());

    hone::Dispatcher dispatcher(registry, options, registry.devices("cpu").at(0), tiers);
    const std::vector items{
        hone::parse_problem("gemm m=64 n=48 k=32 a=f32", registry.operations())};
    for (const hone::LookupInfo& info : dispatcher.warm(items))
        std::printf("%s by %s %s\n", std::string(to_string(info.match)).c_str(),
                    info.family.c_str(), info.config.c_str());
    dispatcher.seal(); // from here on nothing compiles or loads

    std::vector<float> a(64 * 32, 1), b(32 * 48, 2), d(64 * 48);
    const std::vector<hone::ArgSpec> args = items[0].operation->args(items[0].problem);
    std::vector<hone::Tensor> operands(args.size());
    for (std::size_t i = 0; i < args.size(); ++i)
        operands[i].strides = args[i].strides, operands[i].shape = args[i].shape;
    operands[hone::Gemm::a_arg].data = a.data();
    operands[hone::Gemm::b_arg].data = b.data();
    operands[hone::Gemm::d_arg].data = d.data();
    hone::Bound bound = dispatcher.bind(items[0].problem, items[0].contract, operands);
    std::vector<std::max_align_t> workspace(bound.workspace_bytes / sizeof(std::max_align_t) + 1);
    bound.workspace = workspace.data();
    const hone::Status status = hone::Dispatcher::launch(bound); // any number of times, any thread
    std::printf("%s: d[0] = %g\n", to_string(status), static_cast<double>(d[0]));
    return status == hone::Status::ok && d[0] == 64 ? 0 : 1;
} catch (const hone::Error& error) {
    std::fprintf(stderr, "%s\n%s\n", error.what(), error.hint().c_str());
    return hone::exit_code(error.code());
}
