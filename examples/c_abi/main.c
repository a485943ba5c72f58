/* Serving from C: one product of matrices by the best program known for this CPU. */
#include <hone/hone.h>

#include <stdio.h>
#include <stdlib.h>

enum { m = 64, n = 48, k = 32 };

static float a[m * k], b[k * n], d[m * n];

static void check(hone_status status) {
    if (status == HONE_OK) return;
    fprintf(stderr, "%s\n", hone_last_error());
    exit(1);
}

int main(void) {
    const char* const problem = "gemm m=64 n=48 k=32 a=f32";
    hone_dispatcher* dispatcher = NULL;
    hone_bound* bound = NULL;
    size_t workspace_bytes = 0;

    /* A null list of stores: the user's store, which `hone tune` fills. */
    check(hone_open("cpu", NULL, NULL, &dispatcher));
    check(hone_warm(dispatcher, problem));
    check(hone_seal(dispatcher));
    check(hone_bind(dispatcher, problem, 0, &bound, &workspace_bytes));

    for (int i = 0; i < m * k; ++i) a[i] = 1;
    for (int i = 0; i < k * n; ++i) b[i] = 2;
    /* The operands of gemm in order: a, b, c, bias, residual, alpha, beta, scale_b, d. Those that
       the problem does not have stay null. Strides: of the batch, a row, a column. */
    hone_tensor operands[9] = {{NULL, {0}}};
    operands[0] = (hone_tensor){a, {m * k, k, 1}};
    operands[1] = (hone_tensor){b, {k * n, n, 1}};
    operands[8] = (hone_tensor){d, {m * n, n, 1}};
    void* workspace = workspace_bytes ? aligned_alloc(64, (workspace_bytes + 63) / 64 * 64) : NULL;
    check(hone_launch(bound, operands, 9, workspace, workspace_bytes, NULL));
    printf("hone %s: d[0] = %g\n", hone_version(), d[0]);

    free(workspace);
    hone_release(bound);
    hone_close(dispatcher);
    return d[0] == 2 * k && d[m * n - 1] == 2 * k ? 0 : 1;
}
