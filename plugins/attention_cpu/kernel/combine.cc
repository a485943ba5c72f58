// The pieces that keys were split into, added up.
//
// ROWS_TO: queries of a sequence times heads that share a key head up to which there are pieces; with
// more it does nothing.

extern "C" void attention_combine(void* const* args, const hone_cpu_item* item) {
    const Attention a = read(args);
    if (a.q_len * group(a) > ROWS_TO) return;
    const Int rows = a.batch * a.heads * a.q_len, columns = head_dim_v(a);
    const Int begin = rows * item->index / item->count, end = rows * (item->index + 1) / item->count;
    for (Int i = begin; i < end; ++i) {
        const Int query = i % a.q_len, head = i / a.q_len % a.heads, b = i / a.q_len / a.heads;
        const Sequence s = sequence(a, b);
        if (query >= s.queries) continue;
        const Int row = piece_row(a, b, head, query);
        float largest = -infinity(), total = 0;
        float weights[SPLIT];
        for (Int piece = 0; piece < SPLIT; ++piece) {
            const float x = piece_totals(a, piece, row)[0];
            if (x > largest) largest = x;
        }
        for (Int piece = 0; piece < SPLIT; ++piece) {
            const float* of_piece = piece_totals(a, piece, row);
            weights[piece] = of_piece[0] == -infinity() ? 0 : exp2(splat(of_piece[0] - largest))[0];
            total += weights[piece] * of_piece[1];
        }
        const float factor = total > 0 ? 1 / total : 0;
        Element* o = s.o + query * a.o_row + head * a.o_head;
        for (Int c = 0; c < columns; c += VL) {
            V sum{};
            for (Int piece = 0; piece < SPLIT; ++piece) {
                if (weights[piece] == 0) continue; // nothing may have been stored
                sum = fma(splat(weights[piece]),
                          load_up_to(piece_values(a, piece, row) + c, columns - c), sum);
            }
            store_up_to(o + c, sum * factor, columns - c);
        }
        if (a.lse) s.lse[query * a.lse_row + head * a.lse_head] = log_sum(largest, total);
    }
}
