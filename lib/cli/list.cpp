#include "cache/user_store.hpp"
#include "hone/error.hpp"
#include "lib/cli/verbs.hpp"

#include <fmt/format.h>

#include <iostream>

namespace hone::cli {

namespace {

Document start(const std::string& what, std::vector<Column> columns) {
    Document document;
    document.json["schema"] = "hone.list/1";
    document.json["kind"] = what;
    document.json["results"] = nlohmann::ordered_json::array();
    document.table.columns = std::move(columns);
    return document;
}

// A row of texts in the order of the columns, in both forms.
void add(Document& document, std::vector<std::string> cells) {
    nlohmann::ordered_json json;
    for (std::size_t i = 0; i < cells.size(); ++i) json[document.table.columns[i].name] = cells[i];
    document.json["results"].push_back(std::move(json));
    document.table.rows.push_back(std::move(cells));
}

Document devices(const Registry& registry) {
    Document document = start("devices", {{"device"}, {"model"}, {"cores", true}, {"features"}});
    for (const Backend* backend : registry.backends()) {
        for (const Device& device : backend->devices({})) {
            std::string features;
            for (const std::string& feature : device.model.features)
                features += (features.empty() ? "" : " ") + feature;
            add(document,
                {device.id, device.model.name, fmt::format("{}", device.model.cores), features});
        }
    }
    return document;
}

Document families(const Registry& registry) {
    Document document =
        start("families", {{"family"}, {"operation"}, {"backend"}, {"revision", true}, {"kind"}});
    for (const KernelFamily* family : registry.families())
        add(document,
            {family->name(), family->operation(), family->backend(),
             fmt::format("{}", family->revision()),
             family->vendor() ? "vendor " + family->library_version() : std::string("own")});
    return document;
}

Document operations(const Registry& registry) {
    Document document = start("operations", {{"operation"}, {"table"}, {"fields"}});
    for (const Operation* operation : registry.operations()) {
        const Schema& schema = operation->schema();
        std::string fields;
        for (const Field& field : schema.fields) {
            fields += (fields.empty() ? "" : " ") + field.key;
            if (!field.default_text.empty()) fields += "=" + field.default_text;
        }
        add(document, {schema.operation, schema.table, fields});
    }
    return document;
}

Document searches(const Registry& registry) {
    Document document = start("searches", {{"search"}, {"summary"}});
    for (const Registry::Search& search : registry.searches())
        add(document, {search.name, search.summary});
    return document;
}

Document stores(const Registry& registry, const Common& common) {
    Document document = start("stores", {{"scheme"}, {"used"}});
    const std::vector<std::string>& urls =
        common.stores.empty() ? common.environment.stores : common.stores;
    const std::string user = cache::user_store_url(common.environment);
    for (const StoreKind* kind : registry.stores()) {
        const std::string scheme = kind->scheme();
        std::string used;
        for (const std::string& url : urls)
            if (url.rfind(scheme + ":", 0) == 0) used += (used.empty() ? "" : " ") + url;
        if (urls.empty() && user.rfind(scheme + ":", 0) == 0) used = user;
        add(document, {scheme, used});
    }
    return document;
}

} // namespace

Verb add_list(CLI::App& root, const Common& common) {
    CLI::App* app = root.add_subcommand("list", "what is known here");
    const auto what = std::make_shared<std::string>();
    app->add_option("what", *what, "devices, families, operations, searches or stores")
        ->required()
        ->configurable(false)
        ->check(CLI::IsMember({"devices", "families", "operations", "searches", "stores"}));
    return {app, [&common, what] {
                const Registry registry(common.environment);
                const Document document = *what == "devices"      ? devices(registry)
                                          : *what == "families"   ? families(registry)
                                          : *what == "operations" ? operations(registry)
                                          : *what == "searches"   ? searches(registry)
                                                                  : stores(registry, common);
                write(std::cout, document, common.output_format());
                return 0;
            }};
}

} // namespace hone::cli
