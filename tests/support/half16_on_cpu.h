// What the CUDA source asks of the GPU for float16, on the CPU: both conversions, rounding to nearest, ties to even.

inline double widen(half16 x) {
    const int exponent = x.bits >> 10 & 31, mantissa = x.bits & 1023;
    const double sign = x.bits & 0x8000 ? -1.0 : 1.0;
    if (exponent == 31) return sign * (mantissa ? NAN : INFINITY);
    return sign * (exponent ? std::ldexp(1024 + mantissa, exponent - 25) : std::ldexp(mantissa, -24));
}

inline void narrow(double x, half16& result) {
    const int sign = std::signbit(x) ? 0x8000 : 0;
    const int unit = std::fabs(x) < 0x1p-14 ? -24 : std::ilogb(x) - 10;  // of the last bit: below 2^-14 all have the same
    int bits = 0x7e00;                                                   // NaN
    if (std::fabs(x) >= 65520) bits = 0x7c00;                            // rounds beyond the largest, 65504
    else if (x == x) bits = (unit + 24) * 1024 + static_cast<int>(std::nearbyint(std::ldexp(std::fabs(x), -unit)));
    result.bits = static_cast<unsigned short>(sign | bits);
}
