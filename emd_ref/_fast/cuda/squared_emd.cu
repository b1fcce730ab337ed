// Squared EMD of ordered classes, value and gradient, one row of C classes a sample:
//
//     d = p - t,   D_k = d_1 + ... + d_k,   E = sum_k w_k D_k^2,   g_j = 2 sum_{k>=j} w_k D_k,
//
// and p_j (g_j - <p, g>) where the predictions are logits z with p = softmax(z). All arithmetic is in double: the
// subtraction comes after widening, D is summed forwards and g backwards, and each result is rounded once.
//
// A team of threads works on a row. Each thread takes a segment of neighbouring classes, sums it, learns from its team
// what lies before it (or after it, on the way back), and goes over its segment again from there. Rows are staged in
// shared memory, so that the threads read and write global memory side by side, whatever their segments are; segments
// and rows there have odd lengths, so that threads at the same place of their segments meet in no memory bank.
//
//     squared_emd_tiles<P, T, TEAM, LOGITS>    whole rows in shared memory; TEAM is 1 (few classes) or 32 (a warp)
//     squared_emd_chunks<P, T, LOGITS>         a block a row, chunk by chunk, for any number of classes
//
// P is the type of predictions and results: half16, float or double. T is that of the targets: the same, or long long
// for labels. `weights` may be null: all 1. `suspicious` may be null; else it is set to 1 if a probability is negative
// or NaN, if a logit is NaN or +inf, or if a mass is off by its tolerance or more. The mass of a row whose logits are all
// -inf is NaN.

struct half16 {  // a float16: nothing else of cuda_fp16.h is needed, and the compiler need not find it
    unsigned short bits;
};

constexpr double LARGEST = 1.7976931348623157e308;  // of all finite numbers

#ifdef __CUDACC__
__device__ inline double widen(half16 x) {
    double wide;
    asm("cvt.f64.f16 %0, %1;" : "=d"(wide) : "h"(x.bits));
    return wide;
}

__device__ inline void narrow(double x, half16& result) { asm("cvt.rn.f16.f64 %0, %1;" : "=h"(result.bits) : "d"(x)); }
#endif

__device__ inline double widen(float x) { return x; }
__device__ inline double widen(double x) { return x; }
__device__ inline void narrow(double x, float& result) { result = static_cast<float>(x); }
__device__ inline void narrow(double x, double& result) { result = x; }

template <typename T>
__device__ double target_at(const T* target, long long row, int j, int classes) {
    return widen(target[row * classes + j]);
}

// The one-hot of a label; NaN for one that does not exist.
__device__ inline double target_at(const long long* labels, long long row, int j, int classes) {
    const long long label = labels[row];
    return label < 0 || label >= classes ? nan("") : label == j;
}

template <bool LOGITS>
__device__ bool is_wrong(double predicted, double target) {
    return !(LOGITS ? predicted <= LARGEST : predicted >= 0.0) || !(target >= 0.0);
}

// ---- What a team knows together. A team of one knows what it knows; one of 32 is a warp, all of it.

template <int TEAM>
__device__ double team_sum(double x) {
    for (int step = TEAM / 2; step > 0; step /= 2) x += __shfl_xor_sync(0xffffffffu, x, step);
    return x;
}

template <int TEAM>
__device__ double team_max(double x) {
    for (int step = TEAM / 2; step > 0; step /= 2) x = fmax(x, __shfl_xor_sync(0xffffffffu, x, step));
    return x;
}

// Sum of x over the threads before this one.
template <int TEAM>
__device__ double team_before(double x) {
    const int lane = threadIdx.x % TEAM;
    double sum = x;
    for (int step = 1; step < TEAM; step *= 2) {
        const double other = __shfl_up_sync(0xffffffffu, sum, step);
        if (lane >= step) sum += other;
    }
    if (TEAM == 1) return 0.0;
    const double before = __shfl_up_sync(0xffffffffu, sum, 1);  // sum - x would cancel
    return lane > 0 ? before : 0.0;
}

// Sum of x over the threads after this one.
template <int TEAM>
__device__ double team_after(double x) {
    const int lane = threadIdx.x % TEAM;
    double sum = x;
    for (int step = 1; step < TEAM; step *= 2) {
        const double other = __shfl_down_sync(0xffffffffu, sum, step);
        if (lane + step < TEAM) sum += other;
    }
    if (TEAM == 1) return 0.0;
    const double after = __shfl_down_sync(0xffffffffu, sum, 1);
    return lane < TEAM - 1 ? after : 0.0;
}

// ---- Few classes

// One row in shared memory, seen by one thread of its team: p and t come in, p and the gradient are left.
template <int TEAM, bool LOGITS>
struct Row {
    double *p, *q;  // q: first t, then w_k D_k, then the gradient
    int begin, end;

    __device__ void softmax() {
        double top = -LARGEST, sum = 0.0;
        for (int j = begin; j < end; ++j) top = fmax(top, p[j]);
        top = team_max<TEAM>(top);
        for (int j = begin; j < end; ++j) sum += p[j] = exp(p[j] - top);
        sum = team_sum<TEAM>(sum);
        for (int j = begin; j < end; ++j) p[j] /= sum;
    }

    // E, and the masses of p and t.
    __device__ double forwards(const double* weights, double& p_mass, double& t_mass) {
        double total = 0.0, D = 0.0, E = 0.0;
        for (int j = begin; j < end; ++j) total += p[j] - q[j];
        const double before = team_before<TEAM>(total);
        for (int j = begin; j < end; ++j) {
            D += p[j] - q[j];
            p_mass += p[j];
            t_mass += q[j];
            const double weighted = (weights ? weights[j] : 1.0) * (before + D);
            E += weighted * (before + D);
            q[j] = weighted;
        }
        p_mass = team_sum<TEAM>(p_mass);
        t_mass = team_sum<TEAM>(t_mass);
        return team_sum<TEAM>(E);
    }

    __device__ void backwards() {
        double total = 0.0, sum = 0.0;
        for (int j = begin; j < end; ++j) total += q[j];
        const double after = team_after<TEAM>(total);
        for (int j = end - 1; j >= begin; --j) {
            sum += q[j];
            q[j] = 2.0 * (after + sum);
        }
        if (LOGITS) chain();
    }

    __device__ void chain() {
        double mean = 0.0;
        for (int j = begin; j < end; ++j) mean += p[j] * q[j];
        mean = team_sum<TEAM>(mean);
        for (int j = begin; j < end; ++j) q[j] = p[j] * (q[j] - mean);
    }
};

// Shared memory: 2 * (blockDim.x / TEAM) * (classes | 1) doubles.
template <typename P, typename T, int TEAM, bool LOGITS>
__global__ void squared_emd_tiles(
    const P* predicted, const T* target, const double* weights, long long rows, int classes, double predicted_slack,
    double target_slack, P* value, P* gradient, int* suspicious) {
    extern __shared__ double shared[];
    const int teams = blockDim.x / TEAM, team = threadIdx.x / TEAM, C = classes, stride = C | 1;
    double *p = shared, *q = shared + teams * stride;
    const long long first = static_cast<long long>(blockIdx.x) * teams;
    const int count = rows - first < teams ? static_cast<int>(rows - first) : teams;

    bool wrong = false;
    for (int i = threadIdx.x; i < count * C; i += blockDim.x) {
        const int row = i / C, j = i % C;
        const double x = widen(predicted[first * C + i]), t = target_at(target, first + row, j, C);
        wrong = wrong || is_wrong<LOGITS>(x, t);
        p[row * stride + j] = x;
        q[row * stride + j] = t;
    }
    __syncthreads();

    if (team < count) {  // true or false for a whole team
        const int lane = threadIdx.x % TEAM, segment = ((C + TEAM - 1) / TEAM) | 1, begin = min(lane * segment, C);
        Row<TEAM, LOGITS> row{p + team * stride, q + team * stride, begin, min(begin + segment, C)};
        if (LOGITS) row.softmax();
        double p_mass = 0.0, t_mass = 0.0;
        const double E = row.forwards(weights, p_mass, t_mass);
        row.backwards();
        if (lane == 0) narrow(E, value[first + team]);
        wrong = wrong || !(fabs(p_mass - 1.0) < predicted_slack) || !(fabs(t_mass - 1.0) < target_slack);
    }
    if (wrong && suspicious) *suspicious = 1;  // whoever writes it, writes the same
    __syncthreads();

    for (int i = threadIdx.x; i < count * C; i += blockDim.x)
        narrow(q[i / C * stride + i % C], gradient[first * C + i]);
}

// ---- Many classes

constexpr int SEGMENT = 7;  // classes of a chunk that a thread takes

// Sum, or largest, of x over the block. `scratch` has blockDim.x / 32 doubles; every thread of the block must call.
template <bool MAX>
__device__ double block_reduce(double x, double* scratch) {
    const int warp = threadIdx.x / 32, warps = blockDim.x / 32;
    x = MAX ? team_max<32>(x) : team_sum<32>(x);
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
    const double within = FORWARDS ? team_before<32>(x) : team_after<32>(x);
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

// Shared memory: 2 * blockDim.x * SEGMENT + blockDim.x / 32 doubles. `carries`: rows x chunks doubles of global memory,
// for D before each chunk: what a chunk needs to be summed again on the way back.
template <typename P, typename T, bool LOGITS>
__global__ void squared_emd_chunks(
    const P* predicted, const T* target, const double* weights, long long rows, int classes, double predicted_slack,
    double target_slack, P* value, P* gradient, int* suspicious, double* carries) {
    extern __shared__ double shared[];
    const int C = classes, chunk = blockDim.x * SEGMENT, chunks = (C + chunk - 1) / chunk;
    double *p = shared, *q = p + chunk, *scratch = q + chunk;
    const long long row = blockIdx.x;
    if (row >= rows) return;
    const P* x = predicted + row * C;
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
            const double z = widen(x[first + i]), t = target_at(target, row, first + i, C);
            wrong = wrong || is_wrong<LOGITS>(z, t);
            p[i] = LOGITS ? exp(z - top) / sum : z;
            q[i] = t;
        }
        __syncthreads();
    };
    // D before the segment of this thread; `total` becomes the sum over the chunk.
    const auto before = [&](int begin, int end, double carry, double& total) {
        double x = 0.0;
        for (int i = begin; i < end; ++i) x += p[i] - q[i];
        return carry + block_scan<true>(x, total, scratch);
    };
    const auto weight = [&](int j) { return weights ? weights[j] : 1.0; };

    // <p, g> = 2 sum_k w_k D_k P_k, with P_k = p_1 + ... + p_k, is known before g is.
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
            const double weighted = weight(first + i) * (D_before + D);
            E += weighted * (D_before + D);
            if (LOGITS) mean += 2.0 * weighted * (P_before + P_k);
        }
        p_mass += mass;
        carry += total;
        P_carry += P_total;
    }
    p_mass = block_reduce<false>(p_mass, scratch);
    t_mass = block_reduce<false>(t_mass, scratch);
    mean = block_reduce<false>(mean, scratch);
    E = block_reduce<false>(E, scratch);
    if (threadIdx.x == 0) narrow(E, value[row]);
    wrong = wrong || !(fabs(p_mass - 1.0) < predicted_slack) || !(fabs(t_mass - 1.0) < target_slack);
    if (wrong && suspicious) *suspicious = 1;

    double suffix = 0.0;
    for (int c = chunks - 1; c >= 0; --c) {
        const int first = c * chunk, begin = min(static_cast<int>(threadIdx.x) * SEGMENT, C - first),
                  end = min(begin + SEGMENT, C - first);
        stage(first);
        double total, x = 0.0, D = 0.0;
        const double D_before = before(begin, end, carries[row * chunks + c], total);
        for (int i = begin; i < end; ++i) {
            D += p[i] - q[i];
            q[i] = weight(first + i) * (D_before + D);
            x += q[i];
        }
        const double after = suffix + block_scan<false>(x, total, scratch);
        double g = 0.0;
        for (int i = end - 1; i >= begin; --i) {
            g += q[i];
            q[i] = LOGITS ? p[i] * (2.0 * (after + g) - mean) : 2.0 * (after + g);
        }
        suffix += total;
        __syncthreads();
        for (int i = threadIdx.x; i < min(chunk, C - first); i += blockDim.x)
            narrow(q[i], gradient[row * C + first + i]);
    }
}
