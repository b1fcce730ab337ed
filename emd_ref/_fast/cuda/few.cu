// Few classes: a thread takes a row, and keeps it in registers. Rows come and go through shared memory, so that the
// threads read and write global memory side by side, 16 bytes each; there they are C | 1 numbers apart, so that the
// threads meet in no memory bank.

// ROWS rows of C numbers in shared memory.
template <typename X, int C, int ROWS>
struct Tile {
    static constexpr int STRIDE = C | 1, PACKS = ROWS * C / PACK<X>, STEPS = (PACKS + ROWS - 1) / ROWS;
    static constexpr int BYTES = (ROWS * STRIDE * static_cast<int>(sizeof(X)) + 15) / 16 * 16;
    X* numbers;

    __device__ X& at(int i) { return numbers[i / C * STRIDE + i % C]; }
    __device__ X* row(int i) { return numbers + i * STRIDE; }

    // What a thread reads of a whole tile.
    struct Read {
        Pack<X> packs[STEPS];
    };

    __device__ static Read read(const X* from) {
        Read all{};
#pragma unroll
        for (int step = 0; step < STEPS; ++step) {
            const int i = step * ROWS + static_cast<int>(threadIdx.x);
            if (i < PACKS) all.packs[step] = read_pack(from + i * PACK<X>);
        }
        return all;
    }

    __device__ void put(const Read& all) {
#pragma unroll
        for (int step = 0; step < STEPS; ++step) {
            const int i = step * ROWS + static_cast<int>(threadIdx.x);
            if (i >= PACKS) continue;
#pragma unroll
            for (int v = 0; v < PACK<X>; ++v) at(i * PACK<X> + v) = all.packs[step].x[v];
        }
    }

    __device__ void write(X* to) {
#pragma unroll
        for (int step = 0; step < STEPS; ++step) {
            const int i = step * ROWS + static_cast<int>(threadIdx.x);
            if (i >= PACKS) continue;
            Pack<X> pack;
#pragma unroll
            for (int v = 0; v < PACK<X>; ++v) pack.x[v] = at(i * PACK<X> + v);
            write_pack(to + i * PACK<X>, pack);
        }
    }

    // The same for rows that are no whole tile, or do not begin at a multiple of 16 bytes.
    __device__ void put_some(const X* from, int count) {
        for (int i = threadIdx.x; i < count * C; i += ROWS) at(i) = from[i];
    }
    __device__ void write_some(X* to, int count) {
        for (int i = threadIdx.x; i < count * C; i += ROWS) to[i] = at(i);
    }
};

// Shared memory: Tile<P, C, ROWS>::BYTES, and Tile<T, C, ROWS>::BYTES unless the targets are labels.
template <typename P, typename T, int C, int ROWS, bool LOGITS, bool ABSOLUTE>
__global__ void __launch_bounds__(ROWS) emd_few(GIVEN(P, T)) {
    const Given<P, T> given = TAKEN;
    extern __shared__ __align__(16) double shared[];
    char* bytes = reinterpret_cast<char*>(shared);
    Tile<P, C, ROWS> in{reinterpret_cast<P*>(bytes)};
    Tile<T, C, ROWS> against{reinterpret_cast<T*>(bytes + Tile<P, C, ROWS>::BYTES)};
    const long long first = static_cast<long long>(blockIdx.x) * ROWS, row = first + threadIdx.x;
    const int count = given.rows - first < ROWS ? static_cast<int>(given.rows - first) : ROWS;
    const P* x = given.predicted + first * C;
    const bool whole = count == ROWS && is_aligned(x) && is_aligned(given.gradient) &&
                       (is_label<T> || is_aligned(given.target));

    long long label = 0;
    if constexpr (is_label<T>) {
        if (row < given.rows) label = given.target[row];
        if (whole) in.put(in.read(x));
        else in.put_some(x, count);
    } else {
        const T* y = given.target + first * C;
        if (whole) {
            const auto p = in.read(x);  // both are under way before one is waited for
            const auto t = against.read(y);
            in.put(p);
            against.put(t);
        } else {
            in.put_some(x, count);
            against.put_some(y, count);
        }
    }
    __syncthreads();

    bool wrong = false;
    if (row < given.rows) {
        P* mine = in.row(threadIdx.x);
        const T* its_target = is_label<T> ? nullptr : against.row(threadIdx.x);
        const auto t = [&](int j) {
            if constexpr (is_label<T>) return one_hot(label, j, C);
            else return widen(its_target[j]);
        };
        double p[LOGITS ? C : 1], q[C], p_mass = 0.0, t_mass = 0.0, D = 0.0, E = 0.0;
        if (LOGITS) {
            double top = -LARGEST, sum = 0.0;
#pragma unroll
            for (int j = 0; j < C; ++j) {
                p[j] = widen(mine[j]);
                wrong = wrong || is_wrong<LOGITS>(p[j], 0.0);
                top = fmax(top, p[j]);
            }
#pragma unroll
            for (int j = 0; j < C; ++j) sum += p[j] = exp(p[j] - top);
#pragma unroll
            for (int j = 0; j < C; ++j) p[j] /= sum;
        }
#pragma unroll
        for (int j = 0; j < C; ++j) {
            const double p_j = LOGITS ? p[j] : widen(mine[j]), t_j = t(j);
            wrong = wrong || is_wrong<false>(p_j, t_j);
            p_mass += p_j;
            t_mass += t_j;
            D += p_j - t_j;
            q[j] = weight<ABSOLUTE>(given.weights, j, C) * slope<ABSOLUTE>(D);
            E += q[j] * D;
        }
        wrong = wrong || is_off(p_mass, given.predicted_slack) || is_off(t_mass, given.target_slack);
        const bool counted = counts(given, label);
        wrong = wrong && counted;
        if (given.value) narrow(counted ? E : 0.0, given.value[row]);
        double g = 0.0, mean = 0.0;
#pragma unroll
        for (int j = C - 1; j >= 0; --j) {
            g += q[j];
            q[j] = TIMES<ABSOLUTE> * g;
            if (LOGITS) mean += p[j] * q[j];
        }
        const double from_above = given.upstream ? given.upstream[row] : 1.0;
#pragma unroll
        for (int j = 0; j < C; ++j)
            narrow(counted ? from_above * (LOGITS ? p[j] * (q[j] - mean) : q[j]) : 0.0, mine[j]);
    }
    if (wrong && given.suspicious) *given.suspicious = 1;  // whoever writes it, writes the same
    if (!given.gradient) return;
    __syncthreads();
    if (whole) in.write(given.gradient + first * C);
    else in.write_some(given.gradient + first * C, count);
}
