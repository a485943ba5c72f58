// hone cache sign: signatures of packs.
#include "hone/error.hpp"
#include "hone/pack.hpp"
#include "lib/cli/cache_verbs.hpp"

#include <iostream>

namespace hone::cli {

namespace {

struct SignArguments {
    std::vector<std::string> packs;
    std::string key, new_key;
};

int sign(const Common& common, const SignArguments& arguments) {
    if (arguments.key.empty() == arguments.new_key.empty() ||
        (arguments.packs.empty() && arguments.new_key.empty()))
        throw Error(Errc::usage, "sign needs packs and --key FILE, or --new-key FILE",
                    "make a key once: hone cache sign --new-key hone.key");
    Document document = list_document("hone.cache.sign/1", {{"pack"}, {"signed by"}});
    const std::string key = arguments.key.empty() ? arguments.new_key : arguments.key;
    if (!arguments.new_key.empty()) document.json["key"] = hex(make_signing_key(key));
    for (const std::string& pack : arguments.packs) {
        const std::string signer = hex(sign_pack(pack, key));
        document.json["results"].push_back({{"pack", pack}, {"signed_by", signer}});
        document.table.rows.push_back({pack, signer});
    }
    if (!arguments.new_key.empty())
        document.table.notes.push_back("public key " + document.json["key"].get<std::string>() +
                                       "; keep " + key + " to yourself");
    write(std::cout, document, common.output_format());
    return 0;
}

} // namespace

Verb add_cache_sign(CLI::App& cache, const Common& common) {
    CLI::App* app = cache.add_subcommand("sign", "put signatures beside packs (Ed25519)");
    const auto arguments = std::make_shared<SignArguments>();
    app->add_option("pack", arguments->packs, "pack files")->configurable(false);
    app->add_option("--key", arguments->key, "file of the secret key");
    app->add_option("--new-key", arguments->new_key, "make a key in this file first")
        ->configurable(false);
    return {app, [&common, arguments] { return sign(common, *arguments); }};
}

} // namespace hone::cli
