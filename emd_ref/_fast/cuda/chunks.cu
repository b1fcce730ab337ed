// Many classes: a block takes a row, chunk by chunk. A chunk is staged in shared memory; each thread takes a segment of
// SEGMENT neighbouring classes of it, which is odd, so that the threads meet in no memory bank. D before each chunk is
// kept in global memory: what a chunk needs to be summed again on the way back.

constexpr int SEGMENT = 7;

// Sum, or largest, of x over the block. `scratch` has blockDim.x / 32 doubles; every thread of the block must call.
template <bool MAX>
__device__ double block_reduce(double x, double* scratch) {
    const int warp = threadIdx.x / 32, warps = blockDim.x / 32;
    for (int step = 16; step > 0; step /= 2) {
        const double other = __shfl_xor_sync(0xffffffffu, x, step);
        x = MAX ? fmax(x, other) : x + other;
    }
    __syncthreads();  // the scratch of the call before has been read
    if (threadIdx.x % 32 == 0) scratch[warp] = x;
    __syncthreads();
    double result = scratch[0];
    for (int i = 1; i < warps; ++i) result = MAX ? fmax(result, scratch[i]) : result + scratch[i];
    return result;
}

// Sum of x over the threads before this one (FORWARDS), or after it; `total` is the sum over all.
template <bool FORWARDS>
__device__ double block_scan(double x, double& total, double* scratch) {
    const int warp = threadIdx.x / 32, warps = blockDim.x / 32;
    const Team<32> own{scratch};  // a warp needs no slot
    const double within = FORWARDS ? own.before(x, 0) : own.after(x, 0);
    __syncthreads();
    if (threadIdx.x % 32 == (FORWARDS ? 31 : 0)) scratch[warp] = FORWARDS ? within + x : x + within;
    __syncthreads();
    double sum = 0.0;
    total = 0.0;
    for (int i = 0; i < warps; ++i) {
        const int other = FORWARDS ? i : warps - 1 - i;
        if (FORWARDS ? other < warp : other > warp) sum += scratch[other];
        total += scratch[other];
    }
    return sum + within;
}

// Shared memory: 2 * blockDim.x * SEGMENT + blockDim.x / 32 doubles. `carries`: rows x chunks doubles of global memory.
template <typename P, typename T, bool LOGITS, bool ABSOLUTE>
__global__ void emd_chunks(GIVEN(P, T), double* carries) {
    const Given<P, T> given = TAKEN;
    extern __shared__ __align__(16) double shared[];
    const int C = given.classes, chunk = blockDim.x * SEGMENT, chunks = (C + chunk - 1) / chunk;
    double *p = shared, *q = p + chunk, *scratch = q + chunk;
    const long long row = blockIdx.x;
    const P* x = given.predicted + row * C;
    long long label = 0;
    if constexpr (is_label<T>) label = given.target[row];
    bool wrong = false;

    double top = -LARGEST, sum = 0.0;
    if (LOGITS) {
        for (int j = threadIdx.x; j < C; j += blockDim.x) top = fmax(top, widen(x[j]));
        top = block_reduce<true>(top, scratch);
        for (int j = threadIdx.x; j < C; j += blockDim.x) sum += exp(widen(x[j]) - top);
        sum = block_reduce<false>(sum, scratch);
    }

    const auto stage = [&](int first) {
        __syncthreads();  // the chunk before has been read
        for (int i = threadIdx.x; i < min(chunk, C - first); i += blockDim.x) {
            const double z = widen(x[first + i]);
            double t;
            if constexpr (is_label<T>) t = one_hot(label, first + i, C);
            else t = widen(given.target[row * C + first + i]);
            wrong = wrong || is_wrong<LOGITS>(z, t);
            p[i] = LOGITS ? exp(z - top) / sum : z;
            q[i] = t;
        }
        __syncthreads();
    };
    // D before the segment of this thread; `total` becomes the sum over the chunk.
    const auto before = [&](int begin, int end, double carry, double& total) {
        double d = 0.0;
        for (int i = begin; i < end; ++i) d += p[i] - q[i];
        return carry + block_scan<true>(d, total, scratch);
    };
    const auto weighted = [&](int k, double D) { return weight<ABSOLUTE>(given.weights, k, C) * slope<ABSOLUTE>(D); };

    // With P_k = p_1 + ... + p_k, <p, g> = 2 sum_k w_k D_k P_k (for the EMD: sum_k w_k sign(D_k) P_k) is known before g.
    double E = 0.0, carry = 0.0, p_mass = 0.0, t_mass = 0.0, mean = 0.0, P_carry = 0.0;
    for (int c = 0; c < chunks; ++c) {
        const int first = c * chunk, begin = min(static_cast<int>(threadIdx.x) * SEGMENT, C - first),
                  end = min(begin + SEGMENT, C - first);
        stage(first);
        if (threadIdx.x == 0) carries[row * chunks + c] = carry;
        double total, P_total = 0.0, D = 0.0, P_k = 0.0, mass = 0.0;
        const double D_before = before(begin, end, carry, total);
        for (int i = begin; i < end; ++i) mass += p[i];
        const double P_before = LOGITS ? P_carry + block_scan<true>(mass, P_total, scratch) : 0.0;
        for (int i = begin; i < end; ++i) {
            D += p[i] - q[i];
            P_k += p[i];
            t_mass += q[i];
            const double wD = weighted(first + i, D_before + D);
            E += wD * (D_before + D);
            if (LOGITS) mean += TIMES<ABSOLUTE> * wD * (P_before + P_k);
        }
        p_mass += mass;
        carry += total;
        P_carry += P_total;
    }
    p_mass = block_reduce<false>(p_mass, scratch);
    t_mass = block_reduce<false>(t_mass, scratch);
    mean = block_reduce<false>(mean, scratch);
    E = block_reduce<false>(E, scratch);
    const bool counted = counts(given, label);
    if (threadIdx.x == 0 && given.value) narrow(counted ? E : 0.0, given.value[row]);
    wrong = wrong || is_off(p_mass, given.predicted_slack) || is_off(t_mass, given.target_slack);
    if (counted && wrong && given.suspicious) *given.suspicious = 1;
    if (!given.gradient) return;

    const double from_above = given.upstream ? given.upstream[row] : 1.0;
    double suffix = 0.0;
    for (int c = chunks - 1; c >= 0; --c) {
        const int first = c * chunk, begin = min(static_cast<int>(threadIdx.x) * SEGMENT, C - first),
                  end = min(begin + SEGMENT, C - first);
        stage(first);
        double total, x = 0.0, D = 0.0;
        const double D_before = before(begin, end, carries[row * chunks + c], total);
        for (int i = begin; i < end; ++i) {
            D += p[i] - q[i];
            q[i] = weighted(first + i, D_before + D);
            x += q[i];
        }
        const double after = suffix + block_scan<false>(x, total, scratch);
        double g = 0.0;
        for (int i = end - 1; i >= begin; --i) {
            g += q[i];
            const double g_i = TIMES<ABSOLUTE> * (after + g);
            q[i] = counted ? from_above * (LOGITS ? p[i] * (g_i - mean) : g_i) : 0.0;
        }
        suffix += total;
        __syncthreads();
        for (int i = threadIdx.x; i < min(chunk, C - first); i += blockDim.x)
            narrow(q[i], given.gradient[row * C + first + i]);
    }
}
