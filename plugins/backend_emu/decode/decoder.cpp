#include "decode/decoder.hpp"

#include "ptx/error.hpp"
#include "report/report.hpp"

#include <algorithm>
#include <array>
#include <bit>

namespace hone::emu {
namespace {

using Kind = ptx::Operand::Kind;

u32 class_bytes(ptx::RegClass type) {
    static constexpr std::array<u32, 6> bytes{0, 2, 2, 4, 8, 16};
    return bytes[static_cast<std::size_t>(type)];
}

// fp8 and b8 values live in 16-bit registers.
u32 register_bytes(Type type) { return std::max(2u, bytes_of(type)); }

} // namespace

Decoder::Decoder(FrameLayout& layout, const ptx::Instruction& parsed)
    : layout_(layout), parsed_(parsed), left_(parsed.modifiers) {
    inst.line = parsed.line;
    inst.source = parsed.source;
    if (parsed.guard >= 0) {
        inst.guard = layout.reg(parsed.guard);
        inst.guard_negated = parsed.guard_negated;
    }
}

void Decoder::fail(const std::string& why) const {
    const Place place = place_of(layout_.code(), inst);
    std::string message = parsed_.text() + ": " + why;
    if (place.file != layout_.code().module->file)
        message += place.inlined + " (PTX line " + std::to_string(place.ptx_line) + ")";
    ptx::fail(place.file, static_cast<u32>(place.line), message);
}

bool Decoder::take(std::string_view modifier) {
    const auto found = std::find(left_.begin(), left_.end(), modifier);
    if (found == left_.end()) return false;
    left_.erase(found);
    return true;
}

int Decoder::take_any(std::initializer_list<std::string_view> choices) {
    int index = 0;
    for (const std::string_view choice : choices) {
        if (take(choice)) return index;
        ++index;
    }
    return -1;
}

std::size_t Decoder::take_one(std::initializer_list<std::string_view> choices) {
    const int found = take_any(choices);
    if (found >= 0) return static_cast<std::size_t>(found);
    std::string text;
    for (const std::string_view choice : choices) (text += " .") += choice;
    fail("expected one of" + text);
}

void Decoder::ignore_cache_hints() {
    (void)take_any({"ca", "cg", "cs", "lu", "cv", "wb", "wt"});
    (void)take_any({"L1::evict_normal", "L1::evict_unchanged", "L1::evict_first", "L1::evict_last",
                    "L1::no_allocate"});
    (void)take_any({"L2::64B", "L2::128B", "L2::256B"});
    (void)take_any({"L2::evict_first", "L2::evict_last", "L2::evict_normal"});
}

std::optional<Type> Decoder::next_type() const {
    for (const std::string_view modifier : left_)
        if (const auto type = parse_type(modifier)) return type;
    return std::nullopt;
}

std::optional<Type> Decoder::take_type_if_any() {
    for (auto modifier = left_.begin(); modifier != left_.end(); ++modifier)
        if (const auto type = parse_type(*modifier)) {
            left_.erase(modifier);
            return type;
        }
    return std::nullopt;
}

Type Decoder::take_type() {
    const auto type = take_type_if_any();
    if (!type) fail("no type");
    return *type;
}

std::string_view Decoder::next() const {
    return left_.empty() ? std::string_view{} : left_.front();
}

Rounding Decoder::take_rounding(bool& given) {
    const int found = take_any({"rn", "rz", "rm", "rp", "rna"});
    given = found >= 0;
    return given ? static_cast<Rounding>(found) : Rounding::nearest;
}

void Decoder::finish() {
    if (!left_.empty()) fail("unknown or unsupported modifier ." + std::string(left_.front()));
}

const ptx::Operand& Decoder::operand(std::size_t index) const {
    if (index >= parsed_.operands.size()) fail("too few operands");
    return parsed_.operands[index];
}

void Decoder::expect_operands(std::size_t least, std::size_t most) const {
    if (operand_count() < least || operand_count() > most)
        fail("has " + std::to_string(operand_count()) + " operands");
}

u32 Decoder::lane_bytes(const ptx::Operand& operand) const {
    const bool is_register =
        operand.kind == Kind::reg || (operand.kind == Kind::address && operand.base == Kind::reg);
    if (!is_register || operand.reg < 0) return 0;
    return class_bytes(layout_.reg_class(operand.reg));
}

u32 Decoder::source(std::size_t index, Type type) { return source(operand(index), type); }
u32 Decoder::wide_source(std::size_t index, Type type) {
    return source(operand(index), type, true);
}

u32 Decoder::source(const ptx::Operand& operand, Type type, bool wider) {
    if (operand.negated) fail("a negated operand that is no predicate");
    const u32 bytes = register_bytes(type);
    switch (operand.kind) {
    case Kind::reg: {
        const u32 has = lane_bytes(operand);
        if (operand.reg < 0 || operand.second != -1 || has == 0 ||
            (wider ? has < bytes : has != bytes))
            fail("an operand's register does not have the size of the type");
        return layout_.reg(operand.reg);
    }
    case Kind::immediate:
        if (is_float(type) && bytes >= 4 && type != Type::f16x2 && type != Type::bf16x2 &&
            type != Type::tf32)
            fail("an integer where a floating-point number belongs");
        return layout_.constant(operand.bits, bytes);
    case Kind::f32:
        if (type != Type::f32 && type != Type::b32 && type != Type::tf32)
            fail("0f is no such type");
        return layout_.constant(operand.bits, 4);
    case Kind::f64:
        if (type == Type::f32)
            return layout_.constant(
                std::bit_cast<u32>(static_cast<float>(std::bit_cast<double>(operand.bits))), 4);
        if (type != Type::f64 && type != Type::b64) fail("0d is no such type");
        return layout_.constant(operand.bits, 8);
    case Kind::variable:
        if (bytes < 4 || (bytes < 8 && operand.variable->space == ptx::Space::local))
            fail("an address does not fit the type");
        return layout_.address(*operand.variable, operand.offset, bytes);
    case Kind::function:
        if (bytes != 8) fail("an address does not fit the type");
        return layout_.constant(layout_.symbols().function_address(operand.name), 8);
    case Kind::special: {
        const auto special = special_register(operand.name);
        if (!special) fail("unknown special register " + std::string(operand.name));
        if (*special >= Special::clock && *special <= Special::globaltimer_hi)
            fail(std::string(operand.name) + " can only be moved");
        // Their low halves serve where the instruction takes 16 bits: they are small.
        if (bytes == 8 && *special != Special::gridid) {
            if (*special == Special::zero) return layout_.constant(0, 8);
            fail("a 64-bit read of " + std::string(operand.name));
        }
        if (bytes == 2) fail("a 16-bit read of " + std::string(operand.name));
        return layout_.special(*special);
    }
    default:
        fail("an operand of the wrong kind");
    }
}

u32 Decoder::destination(std::size_t index, Type type) { return destination(operand(index), type); }

u32 Decoder::destination(const ptx::Operand& operand, Type type, bool wider) {
    const u32 bytes = register_bytes(type);
    if (operand.kind == Kind::sink) return layout_.scratch(bytes);
    const u32 has = lane_bytes(operand);
    if (operand.kind != Kind::reg || operand.reg < 0 || has == 0 || operand.negated ||
        (wider ? has < bytes : has != bytes))
        fail("the destination is no register of the type's size");
    return layout_.reg(operand.reg);
}

u32 Decoder::predicate(std::size_t index) {
    const ptx::Operand& from = operand(index);
    if (from.kind == Kind::immediate) { // 0 or 1
        return layout_.constant(from.bits & 1 ? all_lanes : 0, 4);
    }
    if (from.kind != Kind::reg || from.reg < 0 || from.second != -1 ||
        layout_.reg_class(from.reg) != ptx::RegClass::pred)
        fail("an operand is no predicate");
    if (from.negated) inst.flags |= inst_flag::negated_source;
    return layout_.reg(from.reg);
}

u32 Decoder::predicate_destination(const ptx::Operand& to) {
    if (to.kind == Kind::sink || (to.kind == Kind::reg && to.reg == -2)) return layout_.scratch(4);
    if (to.kind != Kind::reg || to.negated || layout_.reg_class(to.reg) != ptx::RegClass::pred)
        fail("the destination is no predicate");
    return layout_.reg(to.reg);
}

u32 Decoder::second_predicate(const ptx::Operand& to) {
    if (to.second < 0) return Inst::none;
    if (layout_.reg_class(to.second) != ptx::RegClass::pred)
        fail("the second destination is no predicate");
    return layout_.reg(to.second);
}

u64 Decoder::immediate(std::size_t index) const {
    if (operand(index).kind != Kind::immediate) fail("an operand must be a constant");
    return operand(index).bits;
}

std::vector<const ptx::Operand*> Decoder::elements(std::size_t index) const {
    const ptx::Operand& from = operand(index);
    std::vector<const ptx::Operand*> found;
    if (from.kind == Kind::vector) {
        for (const ptx::Operand& element : from.elements) found.push_back(&element);
    } else {
        found.push_back(&from);
    }
    return found;
}

void Decoder::address(std::size_t index, ptx::Space space) {
    const ptx::Operand& from = operand(index);
    if (from.kind != Kind::address || !from.elements.empty()) fail("an operand is no address");
    inst.space = space;
    inst.imm = from.offset;
    switch (from.base) {
    case Kind::reg: {
        const u32 bytes = lane_bytes(from);
        if (from.reg < 0 || (bytes != 4 && bytes != 8))
            fail("an address register has 32 or 64 bits");
        if (bytes == 8) inst.flags |= inst_flag::shared_64;
        if (bytes == 4 && (space == ptx::Space::generic || space == ptx::Space::global))
            fail("a 32-bit address where 64 bits are needed");
        inst.a = layout_.reg(from.reg);
        return;
    }
    case Kind::variable:
        if (from.variable->space != space && space != ptx::Space::generic)
            fail(from.variable->name + " lies in another space");
        if (space == ptx::Space::generic && from.variable->space != ptx::Space::global)
            fail(from.variable->name + " has no generic address here");
        inst.a = layout_.address(*from.variable, 0, 8);
        inst.flags |= inst_flag::shared_64;
        return;
    case Kind::immediate:
        inst.a = layout_.constant(from.bits, 8);
        inst.flags |= inst_flag::shared_64;
        return;
    default:
        fail("an operand is no address");
    }
}

u32 Decoder::keep_list(const std::vector<u32>& offsets) {
    std::vector<u32>& lists = layout_.code().lists;
    const auto at = static_cast<u32>(lists.size());
    lists.insert(lists.end(), offsets.begin(), offsets.end());
    return at;
}

} // namespace hone::emu
