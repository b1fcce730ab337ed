// The squared EMD in C++, behind a harness:
//     c++ -std=c++17 -O2 -o squared_emd squared_emd.cpp && emd-conformance run "cmd:./squared_emd"
#include "emd_protocol.hpp"

static emd::Row cumulative(const emd::Row& p, const emd::Row& t) {
    emd::Row D(p.size());
    double sum = 0;
    for (std::size_t k = 0; k < p.size(); ++k) D[k] = sum += p[k] - t[k];
    return D;
}

static emd::Row loss(const emd::Request& request) {
    emd::Row result;
    for (std::size_t i = 0; i < request.predicted.size(); ++i) {
        double sum = 0;
        for (const double D : cumulative(request.predicted[i], request.target[i])) sum += D * D;
        result.push_back(sum);
    }
    return result;
}

static emd::Rows grad(const emd::Request& request) {
    emd::Rows result;
    for (std::size_t i = 0; i < request.predicted.size(); ++i) {
        emd::Row row = cumulative(request.predicted[i], request.target[i]);
        double tail = 0;
        for (std::size_t k = row.size(); k-- > 0;) row[k] = 2 * (tail += row[k]);
        result.push_back(row);
    }
    return result;
}

int main() {
    emd::serve({"cpp-example", "1.0", R"(["gradient", "off-simplex", "empty-batch"])", "{}", loss, grad});
}
