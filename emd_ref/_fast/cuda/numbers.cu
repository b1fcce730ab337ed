// Squared EMD and EMD of ordered classes, value and gradient, one row of C classes a sample:
//
//     d = p - t,   D_k = d_1 + ... + d_k
//     squared EMD  E = sum_k w_k D_k^2       g_j = 2 sum_{k>=j} w_k D_k
//     EMD          E = sum_k w_k |D_k|       g_j = sum_{k>=j} w_k sign(D_k),  without the last cut, which holds all classes
//
// and p_j (g_j - <p, g>) where the predictions are logits z with p = softmax(z). All arithmetic is in double: the
// subtraction comes after widening, D is summed forwards and g backwards, and each result is rounded once.
//
//     emd_few<P, T, C, ROWS, LOGITS, ABSOLUTE>      a thread takes a row: C <= 32, known to the compiler   (few.cu)
//     emd_teams<P, T, V, TEAM, LOGITS, ABSOLUTE>    a team of threads takes a row, V classes each: C <= V * TEAM (teams.cu)
//     emd_chunks<P, T, LOGITS, ABSOLUTE>            a block takes a row, chunk by chunk: any C              (chunks.cu)
//
// P is the type of predictions and results: half16, float or double. T is that of the targets: the same, or long long
// for labels. ABSOLUTE is true for the EMD.
//
// This file: what a kernel is given, the types of numbers, and how they are read and written.

template <typename P, typename T>
struct Given {
    const P* predicted;
    const T* target;
    const double* weights;   // C of them, or null: all 1
    const double* upstream;  // one a row, by which its gradient is multiplied, or null: all 1
    long long rows;
    int classes;
    double predicted_slack, target_slack;  // how far from 1 a mass may be
    int ignores;                           // whether there is a label of rows that do not count, and which
    long long ignored;
    P* value;                              // one a row, or null: not wanted
    P* gradient;                           // one a class, or null: not wanted
    int* suspicious;  // set to 1 if a probability is negative or NaN, a logit NaN or +inf, or a mass off; or null
};

// The same as the arguments of a kernel: CUDA takes them one by one.
#define GIVEN(P, T)                                                                                                    \
    const P *predicted, const T *target, const double *weights, const double *upstream, long long rows, int classes,  \
        double predicted_slack, double target_slack, int ignores, long long ignored, P *value, P *gradient,            \
        int *suspicious
#define TAKEN                                                                                                          \
    {predicted,    target,  weights, upstream, rows,     classes,   predicted_slack,                                   \
     target_slack, ignores, ignored, value,    gradient, suspicious}

struct half16 {  // a float16: nothing else of cuda_fp16.h is needed, and the compiler need not find it
    unsigned short bits;
};

constexpr double LARGEST = 1.7976931348623157e308;  // of all finite numbers

#ifdef __CUDACC__
// CuPy compiles with -ftz=true, and a conversion in C++ would take subnormal numbers for 0.
__device__ inline double widen(half16 x) {
    double wide;
    asm("cvt.f64.f16 %0, %1;" : "=d"(wide) : "h"(x.bits));
    return wide;
}

__device__ inline double widen(float x) {
    double wide;
    asm("cvt.f64.f32 %0, %1;" : "=d"(wide) : "f"(x));
    return wide;
}

__device__ inline void narrow(double x, half16& result) { asm("cvt.rn.f16.f64 %0, %1;" : "=h"(result.bits) : "d"(x)); }
__device__ inline void narrow(double x, float& result) { asm("cvt.rn.f32.f64 %0, %1;" : "=f"(result) : "d"(x)); }
#else
inline double widen(float x) { return x; }
inline void narrow(double x, float& result) { result = static_cast<float>(x); }
#endif

__device__ inline double widen(double x) { return x; }
__device__ inline void narrow(double x, double& result) { result = x; }

template <typename T>
constexpr bool is_label = false;
template <>
constexpr bool is_label<long long> = true;

// The entry of a one-hot; NaN for a label that does not exist.
__device__ inline double one_hot(long long label, int j, int classes) {
    return label < 0 || label >= classes ? nan("") : label == j;
}

// Whether a row counts. The value and the gradient of one that does not are 0, whatever its numbers are.
template <typename P, typename T>
__device__ bool counts(const Given<P, T>& given, long long label) {
    return !is_label<T> || !given.ignores || label != given.ignored;
}

template <bool LOGITS>
__device__ bool is_wrong(double predicted, double target) {
    return !(LOGITS ? predicted <= LARGEST : predicted >= 0.0) || !(target >= 0.0);
}

__device__ inline bool is_off(double mass, double slack) { return !(fabs(mass - 1.0) < slack); }

// What stands beside w_k in g_k: D_k, or its sign.
template <bool ABSOLUTE>
__device__ double slope(double D) {
    return !ABSOLUTE ? D : D > 0.0 ? 1.0 : D < 0.0 ? -1.0 : D;  // that of NaN is NaN
}

template <bool ABSOLUTE>
__device__ double weight(const double* weights, int k, int classes) {
    if (ABSOLUTE && k == classes - 1) return 0.0;
    return weights ? weights[k] : 1.0;
}

template <bool ABSOLUTE>
constexpr double TIMES = ABSOLUTE ? 1.0 : 2.0;

// 16 bytes: as many as a thread reads or writes at once.
template <typename X>
union Pack {
    int4 bits;
    X x[16 / sizeof(X)];
};

template <typename X>
constexpr int PACK = 16 / sizeof(X);  // numbers

__device__ inline bool is_aligned(const void* x) { return reinterpret_cast<unsigned long long>(x) % 16 == 0; }

// Each number is read, and each result written, once: the caches need not keep them.
template <typename X>
__device__ Pack<X> read_pack(const X* from) {
    Pack<X> pack;
    pack.bits = __ldcs(reinterpret_cast<const int4*>(from));
    return pack;
}

template <typename X>
__device__ void write_pack(X* to, const Pack<X>& pack) {
    __stcs(reinterpret_cast<int4*>(to), pack.bits);
}
