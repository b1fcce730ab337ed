// Some classes: a team of TEAM threads takes a row, and each thread V neighbouring classes, in registers. A team is a
// part of a warp, or several warps, which meet in shared memory: in a slot of their own each time, so that one barrier
// is enough. Rows that begin at multiples of 16 bytes come and go directly; others pass through shared memory, so that
// the threads of a team read and write side by side.

template <int TEAM>
constexpr int THREADS = TEAM > 128 ? TEAM : 128;  // of a block

struct Slots {
    static constexpr int COUNT = 6;  // for the largest logit, the sum of powers, D, E and the masses, g, and <p, g>
    static constexpr int SIZE = 48;  // doubles: up to three for each of 16 warps
};

template <int TEAM>
struct Team {
    static constexpr int WIDTH = TEAM < 32 ? TEAM : 32, WARPS = TEAM / WIDTH;  // of it in a warp, of it in the block
    double* slots;

    __device__ static int lane() { return threadIdx.x % TEAM; }
    __device__ static int in_warp() { return threadIdx.x % WIDTH; }
    __device__ static int warp() { return threadIdx.x / 32; }
    __device__ static int first_warp() { return threadIdx.x / TEAM * WARPS; }

    __device__ double largest(double x, int slot) const {
#pragma unroll
        for (int step = WIDTH / 2; step > 0; step /= 2) x = fmax(x, __shfl_xor_sync(0xffffffffu, x, step));
        if (WARPS == 1) return x;
        double* all = slots + slot * Slots::SIZE;
        if (in_warp() == 0) all[warp()] = x;
        __syncthreads();
        x = all[first_warp()];
        for (int i = 1; i < WARPS; ++i) x = fmax(x, all[first_warp() + i]);
        return x;
    }

    // Replace N numbers by their sums over the team.
    template <int N>
    __device__ void sum(double (&x)[N], int slot) const {
#pragma unroll
        for (int n = 0; n < N; ++n)
#pragma unroll
            for (int step = WIDTH / 2; step > 0; step /= 2) x[n] += __shfl_xor_sync(0xffffffffu, x[n], step);
        if (WARPS == 1) return;
        double* all = slots + slot * Slots::SIZE;
        if (in_warp() == 0)
            for (int n = 0; n < N; ++n) all[warp() * N + n] = x[n];
        __syncthreads();
        for (int n = 0; n < N; ++n) {
            x[n] = all[first_warp() * N + n];
            for (int i = 1; i < WARPS; ++i) x[n] += all[(first_warp() + i) * N + n];
        }
    }

    // Sum of x over the threads of the team before this one.
    __device__ double before(double x, int slot) const {
        double sum = x;
#pragma unroll
        for (int step = 1; step < WIDTH; step *= 2) {
            const double other = __shfl_up_sync(0xffffffffu, sum, step);
            if (in_warp() >= step) sum += other;
        }
        double within = __shfl_up_sync(0xffffffffu, sum, 1);  // sum - x would cancel
        if (in_warp() == 0) within = 0.0;
        if (WARPS == 1) return within;
        double *all = slots + slot * Slots::SIZE, others = 0.0;
        if (in_warp() == WIDTH - 1) all[warp()] = sum;
        __syncthreads();
        for (int i = first_warp(); i < warp(); ++i) others += all[i];
        return others + within;
    }

    // Sum of x over the threads of the team after this one.
    __device__ double after(double x, int slot) const {
        double sum = x;
#pragma unroll
        for (int step = 1; step < WIDTH; step *= 2) {
            const double other = __shfl_down_sync(0xffffffffu, sum, step);
            if (in_warp() + step < WIDTH) sum += other;
        }
        double within = __shfl_down_sync(0xffffffffu, sum, 1);
        if (in_warp() == WIDTH - 1) within = 0.0;
        if (WARPS == 1) return within;
        double *all = slots + slot * Slots::SIZE, others = 0.0;
        if (in_warp() == 0) all[warp()] = sum;
        __syncthreads();
        for (int i = first_warp() + WARPS - 1; i > warp(); --i) others += all[i];
        return others + within;
    }
};

// The V numbers of a thread, as they are stored.
template <int V, typename X>
struct Numbers {
    Pack<X> packs[V / PACK<X>];

    __device__ double at(int i) const { return widen(packs[i / PACK<X>].x[i % PACK<X>]); }
};

// Read the numbers of a thread from a row of C; those behind its end are not set. Every thread of the block calls.
template <int V, int TEAM, bool DIRECT, typename X>
__device__ Numbers<V, X> read_row(const X* row, int C, bool live, char* stage) {
    const int lane = Team<TEAM>::lane(), begin = lane * V;
    X* staged = reinterpret_cast<X*>(stage) + threadIdx.x / TEAM * (V * TEAM);
    Numbers<V, X> numbers{};
    if (!DIRECT) {
        __syncthreads();  // what was staged before has been read
        if (live)
            for (int j = lane; j < C; j += TEAM) staged[j] = row[j];
        __syncthreads();
    }
#pragma unroll
    for (int k = 0; k < V; k += PACK<X>) {
        if (!live || begin + k >= C) continue;
        numbers.packs[k / PACK<X>] =
            DIRECT ? read_pack(row + begin + k) : *reinterpret_cast<const Pack<X>*>(staged + begin + k);
    }
    return numbers;
}

template <int V, int TEAM, bool DIRECT, typename X>
__device__ void write_row(X* row, int C, bool live, char* stage, const double (&x)[V]) {
    const int lane = Team<TEAM>::lane(), begin = lane * V;
    X* staged = reinterpret_cast<X*>(stage) + threadIdx.x / TEAM * (V * TEAM);
    if (!DIRECT) __syncwarp();  // what was staged before has been read; several warps have met since
#pragma unroll
    for (int k = 0; k < V; k += PACK<X>) {
        Pack<X> pack;
#pragma unroll
        for (int v = 0; v < PACK<X>; ++v) narrow(x[k + v], pack.x[v]);
        if (!DIRECT) *reinterpret_cast<Pack<X>*>(staged + begin + k) = pack;
        else if (live && begin + k < C) write_pack(row + begin + k, pack);
    }
    if (DIRECT) return;
    __syncthreads();
    if (live)
        for (int j = lane; j < C; j += TEAM) row[j] = staged[j];
}

template <typename P, typename T, int V, int TEAM, bool LOGITS, bool ABSOLUTE, bool DIRECT>
__device__ void team_row(const Given<P, T>& given, const Team<TEAM>& team, char* stage) {
    const int C = given.classes, begin = team.lane() * V;
    const long long row = static_cast<long long>(blockIdx.x) * (THREADS<TEAM> / TEAM) + threadIdx.x / TEAM;
    const bool live = row < given.rows;  // a thread without a row goes with the others, and reads and writes nothing

    // Both are under way before one is waited for.
    const auto predicted = read_row<V, TEAM, DIRECT>(given.predicted + row * C, C, live, stage);
    double p[V], q[V];
    long long label = 0;
    if constexpr (is_label<T>) {
        if (live) label = given.target[row];
#pragma unroll
        for (int i = 0; i < V; ++i) q[i] = live && begin + i < C ? one_hot(label, begin + i, C) : 0.0;
    } else {
        const auto target = read_row<V, TEAM, DIRECT>(given.target + row * C, C, live, stage);
#pragma unroll
        for (int i = 0; i < V; ++i) q[i] = live && begin + i < C ? target.at(i) : 0.0;
    }
#pragma unroll
    for (int i = 0; i < V; ++i) p[i] = live && begin + i < C ? predicted.at(i) : LOGITS ? -LARGEST : 0.0;
    bool wrong = false;
#pragma unroll
    for (int i = 0; i < V; ++i) wrong = wrong || is_wrong<LOGITS>(p[i], q[i]);

    if (LOGITS) {
        double top = -LARGEST, sum[1] = {0.0};
#pragma unroll
        for (int i = 0; i < V; ++i) top = fmax(top, p[i]);
        top = team.largest(top, 0);
#pragma unroll
        for (int i = 0; i < V; ++i) sum[0] += p[i] = begin + i < C ? exp(p[i] - top) : 0.0;
        team.sum(sum, 1);
#pragma unroll
        for (int i = 0; i < V; ++i) p[i] /= sum[0];
    }

    double total = 0.0, D = 0.0, sums[3] = {0.0, 0.0, 0.0};  // of E, p and t
#pragma unroll
    for (int i = 0; i < V; ++i) {
        total += p[i] - q[i];
        sums[1] += p[i];
        sums[2] += q[i];
    }
    const double D_before = team.before(total, 2);
#pragma unroll
    for (int i = 0; i < V; ++i) {
        D += p[i] - q[i];
        const bool exists = begin + i < C;
        q[i] = exists ? weight<ABSOLUTE>(given.weights, begin + i, C) * slope<ABSOLUTE>(D_before + D) : 0.0;
        if (exists) sums[0] += q[i] * (D_before + D);
    }
    team.sum(sums, 3);
    const bool counted = counts(given, label);
    if (live && team.lane() == 0 && given.value) narrow(counted ? sums[0] : 0.0, given.value[row]);
    wrong = wrong || is_off(sums[1], given.predicted_slack) || is_off(sums[2], given.target_slack);
    if (live && counted && wrong && given.suspicious) *given.suspicious = 1;
    if (!given.gradient) return;

#pragma unroll
    for (int i = V - 2; i >= 0; --i) q[i] += q[i + 1];
    const double g_after = team.after(q[0], 4);
#pragma unroll
    for (int i = 0; i < V; ++i) q[i] = TIMES<ABSOLUTE> * (g_after + q[i]);
    if (LOGITS) {
        double mean[1] = {0.0};
#pragma unroll
        for (int i = 0; i < V; ++i) mean[0] += p[i] * q[i];
        team.sum(mean, 5);
#pragma unroll
        for (int i = 0; i < V; ++i) q[i] = p[i] * (q[i] - mean[0]);
    }
    const double from_above = live && given.upstream ? given.upstream[row] : 1.0;
#pragma unroll
    for (int i = 0; i < V; ++i) q[i] = counted ? q[i] * from_above : 0.0;
    write_row<V, TEAM, DIRECT>(given.gradient + row * C, C, live, stage, q);
}

// Shared memory: Slots::COUNT * Slots::SIZE doubles, and V numbers of the larger type for each thread of the block.
template <typename P, typename T, int V, int TEAM, bool LOGITS, bool ABSOLUTE>
__global__ void __launch_bounds__(THREADS<TEAM>) emd_teams(GIVEN(P, T)) {
    const Given<P, T> given = TAKEN;
    extern __shared__ __align__(16) double shared[];
    char* stage = reinterpret_cast<char*>(shared + Slots::COUNT * Slots::SIZE);
    const Team<TEAM> team{shared};
    const bool direct = given.classes % PACK<P> == 0 && is_aligned(given.predicted) && is_aligned(given.gradient) &&
                        (is_label<T> || (given.classes % PACK<T> == 0 && is_aligned(given.target)));
    if (direct) team_row<P, T, V, TEAM, LOGITS, ABSOLUTE, true>(given, team, stage);
    else team_row<P, T, V, TEAM, LOGITS, ABSOLUTE, false>(given, team, stage);
}
