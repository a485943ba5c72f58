#include "hone/device.hpp"
#include "hone/error.hpp"
#include "hone/version.hpp"
#include "lib/cli/verbs.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <iostream>

namespace hone::cli {

namespace {

// One line of the report: what was looked at, whether it works, and what to do if not.
void add(Document& document, std::string what, bool good, std::string text) {
    document.json["results"].push_back({{"what", what}, {"ok", good}, {"text", text}});
    document.table.rows.push_back({good ? "ok" : "missing", std::move(what), std::move(text)});
}

void examine_folders(Document& document, const Options& options) {
    add(document, "library", true, library_folder().string());
    std::error_code ignored;
    const bool worker = std::filesystem::exists(options.worker, ignored);
    add(document, "worker", worker,
        worker ? options.worker.string()
               : options.worker.string() + " does not exist: nothing can be tuned or verified");
    add(document, "cache folder", !options.cache_folder.empty(),
        options.cache_folder.empty() ? "none can be written: results stay in memory"
                                     : options.cache_folder.string());
    for (const std::string& warning : options.warnings)
        add(document, "cache folder", false, warning);
}

void examine_plugins(Document& document, const Registry& registry) {
    for (const Registry::Loaded& plugin : registry.loaded())
        add(document, "plugin " + plugin.name, true, plugin.version + " " + plugin.path);
    for (const Registry::Refused& plugin : registry.refused())
        add(document, "plugin", false, plugin.path + ": " + plugin.reason);
}

void examine_backends(Document& document, const Registry& registry) {
    for (const Backend* backend : registry.backends()) {
        const std::string name = "backend " + backend->name();
        try {
            for (const Device& device : backend->devices({}))
                add(document, "device " + device.id, true, device.model.name);
            const std::string compiler = backend->compiler_identity();
            if (!compiler.empty()) add(document, name, true, "compiles with " + compiler);
        } catch (const Error& error) {
            add(document, name, false, error.what());
        }
        for (const std::string& missing : backend->missing()) add(document, name, false, missing);
    }
    if (registry.backends().empty())
        add(document, "backend", false, "no backend plugin was found: nothing can be tuned");
    for (const KernelFamily* family : registry.families()) {
        if (!family->vendor()) continue;
        const std::string library = family->library_version();
        add(document, "vendor family " + family->name(), !library.empty(),
            library.empty() ? "library not found: it takes no part in comparisons" : library);
    }
}

void examine_stores(Document& document, const Registry& registry, const Common& common) {
    try {
        for (const auto& store : open_stores(registry, common))
            add(document, "store", store->writable(),
                store->url() + (store->writable() ? "" : " (read-only)"));
    } catch (const Error& error) {
        add(document, "store", false, error.what());
    }
}

int examine(const Common& common, const std::string& spec, bool export_device) {
    const Registry registry(common.environment);
    if (export_device) {
        for (const Device& device : devices_of(registry, spec))
            std::cout << canonical_text(device.model) << '\n';
        return 0;
    }
    Document document;
    document.json["schema"] = "hone.doctor/1";
    document.json["version"] = version();
    document.json["results"] = nlohmann::ordered_json::array();
    document.table.columns = {{"state"}, {"what"}, {"detail"}};
    examine_folders(document, common.environment);
    examine_plugins(document, registry);
    examine_backends(document, registry);
    examine_stores(document, registry, common);
    write(std::cout, document, common.output_format());
    return 0;
}

} // namespace

Verb add_doctor(CLI::App& root, const Common& common) {
    CLI::App* app = root.add_subcommand("doctor", "what works here, what is missing, what to do");
    const auto export_device = std::make_shared<bool>(false);
    const auto device = std::make_shared<std::string>("all");
    app->add_flag("--export-device", *export_device, "print the device models, one per line");
    app->add_option("--device", *device, "of --export-device")->capture_default_str();
    return {app,
            [&common, export_device, device] { return examine(common, *device, *export_device); }};
}

} // namespace hone::cli
