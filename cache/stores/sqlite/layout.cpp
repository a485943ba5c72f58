#include "layout.hpp"

#include <fmt/format.h>

namespace hone::sqlite {

void lay_out(Database& database) {
    // Records are found by key, by place in the order of arrival, and by id. `key` is null for
    // retractions, which concern every key, and for records of a newer format.
    database.run(fmt::format(R"(
BEGIN IMMEDIATE;
CREATE TABLE keys(
    key INTEGER PRIMARY KEY,
    problem TEXT NOT NULL,
    device TEXT NOT NULL,
    UNIQUE(problem, device));
CREATE TABLE records(
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    key INTEGER REFERENCES keys(key),
    id BLOB NOT NULL UNIQUE,
    bytes BLOB NOT NULL);
CREATE INDEX records_by_key ON records(key, sequence);
CREATE TABLE derived(
    key INTEGER NOT NULL REFERENCES keys(key),
    name TEXT NOT NULL,
    stamp INTEGER NOT NULL,
    digest BLOB NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY(key, name));
CREATE TABLE store(identity TEXT NOT NULL);
INSERT INTO store VALUES(lower(hex(randomblob(16))));
PRAGMA application_id = {};
PRAGMA user_version = {};
COMMIT;)",
                             application_id, layout_version));
}

Recognised recognise(Database& database) {
    Recognised found;
    if (database.integer("PRAGMA application_id") != application_id) {
        found.kind = Kind::foreign;
        return found;
    }
    found.version = database.integer("PRAGMA user_version");
    if (found.version > layout_version) {
        found.kind = Kind::newer;
        return found;
    }
    try {
        found.identity = database.text("SELECT identity FROM store");
        (void)database.prepare("SELECT sequence, key, id, bytes FROM records");
        (void)database.prepare("SELECT key, problem, device FROM keys");
        (void)database.prepare("SELECT key, name, stamp, digest, bytes FROM derived");
    } catch (const SqlError& error) {
        if (error.code() != SQLITE_ERROR) throw;
        found.kind = Kind::damaged; // no such table, no such column
    }
    if (found.version != layout_version || found.identity.empty()) found.kind = Kind::damaged;
    return found;
}

} // namespace hone::sqlite
