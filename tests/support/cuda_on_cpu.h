// Runs a CUDA kernel on the CPU, to find its races: every thread of a block is a fiber, and the fibers take turns.
//
// A fiber runs until a barrier: a shuffle, for its warp, or __syncthreads. The threads of a warp run in an order drawn
// anew after each barrier, and a warp runs as far ahead of the others as __syncthreads lets it: without a barrier that
// is needed, something is read that is not written yet, or is already overwritten. Shared memory is NaN at the start of
// each block, and NaN behind its end must be untouched when the block ends. A barrier that not all threads of a block
// (of a warp, for a shuffle) reach at the same line ends the launch with a message.

#include <ucontext.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <random>
#include <vector>

#define __global__
#define __device__
#define __shared__
#define __syncthreads() cuda::wait(cuda::BLOCK, __LINE__)
#define __syncwarp() cuda::wait(cuda::WARP, __LINE__)
#define __shfl_up_sync(mask, x, step) cuda::shuffle(mask, x, cuda::lane() - static_cast<int>(step), __LINE__)
#define __shfl_down_sync(mask, x, step) cuda::shuffle(mask, x, cuda::lane() + static_cast<int>(step), __LINE__)
#define __shfl_xor_sync(mask, x, step) cuda::shuffle(mask, x, cuda::lane() ^ static_cast<int>(step), __LINE__)

#define __launch_bounds__(threads)
#define __align__(bytes)
#define __ldcs(from) (*(from))
#define __stcs(to, value) (*(to) = (value))

struct alignas(16) int4 {
    int x, y, z, w;
};
struct Index {
    unsigned x;
};
static Index threadIdx, blockIdx, blockDim;
using std::isfinite;
using std::max;
using std::min;

constexpr size_t SHARED = 1 << 13;  // doubles: the kernels may ask for 48 KiB, and the rest is watched
alignas(16) double shared[SHARED];

namespace cuda {

enum State { READY, BLOCK, WARP, DONE };
struct Fiber {
    ucontext_t context;
    std::vector<char> stack = std::vector<char>(1 << 16);
    State state;
    int line;
    double slot;
};
static std::vector<Fiber> fibers;
static ucontext_t scheduler;
static std::function<void()> kernel;
static const char* message;

inline int lane() { return static_cast<int>(threadIdx.x % 32); }

inline void wait(State state, int line) {
    Fiber& self = fibers[threadIdx.x];
    self.state = state;
    self.line = line;
    swapcontext(&self.context, &scheduler);
}

inline double shuffle(unsigned mask, double x, int source, int line) {
    if (mask != 0xffffffffu) message = "a shuffle of less than a warp";
    fibers[threadIdx.x].slot = x;
    wait(WARP, line);  // all have written
    const int warp = static_cast<int>(threadIdx.x) / 32 * 32;
    const double result = source < 0 || source > 31 ? x : fibers[warp + source].slot;
    wait(WARP, line);  // all have read
    return result;
}

inline void run_fiber() {
    kernel();
    fibers[threadIdx.x].state = DONE;
    swapcontext(&fibers[threadIdx.x].context, &scheduler);
}

[[gnu::noinline]] inline void start(Fiber& fiber) {
    getcontext(&fiber.context);
    fiber.context.uc_stack.ss_sp = fiber.stack.data();
    fiber.context.uc_stack.ss_size = fiber.stack.size();
    makecontext(&fiber.context, run_fiber, 0);
    fiber.state = READY;
}

// Let the fibers from `begin` to `end` go on if all wait for one another at the same line.
inline bool release(State state, size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i)
        if (fibers[i].state != state || fibers[i].line != fibers[begin].line) return false;
    for (size_t i = begin; i < end; ++i) fibers[i].state = READY;
    return true;
}

inline void run_warp(size_t warp, std::mt19937& random) {
    std::vector<unsigned> order;
    for (size_t i = warp; i < warp + 32; ++i) order.push_back(static_cast<unsigned>(i));
    do {
        std::shuffle(order.begin(), order.end(), random);
        for (unsigned i : order) {
            if (fibers[i].state != READY) continue;
            threadIdx.x = i;
            swapcontext(&scheduler, &fibers[i].context);
        }
    } while (release(WARP, warp, warp + 32));
}

inline void run_block(size_t threads, std::mt19937& random) {
    std::vector<size_t> warps;
    for (size_t i = 0; i < threads; i += 32) warps.push_back(i);
    for (size_t i = 0; i < threads; ++i) start(fibers[i]);
    do {
        std::shuffle(warps.begin(), warps.end(), random);
        for (size_t warp : warps) run_warp(warp, random);
    } while (release(BLOCK, 0, threads));
    for (size_t i = 0; i < threads; ++i)
        if (fibers[i].state != DONE) message = "a barrier that not all threads reach";
}

// Returns null, or what is wrong with the kernel.
inline const char* launch(unsigned blocks, unsigned threads, unsigned bytes, unsigned seed, std::function<void()> f) {
    std::mt19937 random(seed);
    kernel = f;
    message = threads % 32 ? "a block that is not made of warps" : nullptr;
    if (bytes > 48 * 1024) message = "more than 48 KiB of shared memory";
    if (fibers.size() < threads) fibers = std::vector<Fiber>(threads);
    blockDim.x = threads;
    for (unsigned block = 0; block < blocks && !message; ++block) {
        std::memset(shared, 0xff, sizeof shared);  // NaN
        blockIdx.x = block;
        run_block(threads, random);
        const uint64_t* words = reinterpret_cast<const uint64_t*>(shared);
        if (std::any_of(words + bytes / 8, words + SHARED, [](uint64_t word) { return word != ~uint64_t(0); }))
            message = "a write behind the end of shared memory";
    }
    return message;
}

}  // namespace cuda

// EXPORT(name, kernel<types>): a pointer `name` to a function of the launch and the kernel's own arguments.
template <auto kernel>
struct Export;

template <typename... Arguments, void (*kernel)(Arguments...)>
struct Export<kernel> {
    static const char* launch(unsigned blocks, unsigned threads, unsigned bytes, unsigned seed, Arguments... arguments) {
        return cuda::launch(blocks, threads, bytes, seed, [=] { kernel(arguments...); });
    }
};
#define EXPORT(name, ...) extern "C" { auto* name = &Export<__VA_ARGS__>::launch; }
