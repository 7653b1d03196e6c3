// ISA layer: the tiles of all matrix instructions of AMX, TDP*: of int8 in tile_amx_int8-inl.h, of bf16 in
// tile_bf16_fast-inl.h.
//
// An AMX tile is 16 rows of 64 bytes. TDP* computes C (16 x 16 int32) += A (16 rows x 64 K) B (64 K x 16 columns). Row
// i of B's tile is group i of four K, of 16 columns: B's tile is 16 groups of a packed panel, as they lie in memory. A
// is read in place, 16 rows at a time, by its stride. (Of bf16, 64 bytes are 32 K, and a group is two.)
//
// Registers: tmm0 to tmm3 are C (2 x 2, or 4 x 1 for lone panels), tmm4 and tmm5 A, tmm6 and tmm7 B. A step of 64 K of
// a tile of 32 x 32 is four loads (8 cycles each out of L1) and four products (16 cycles each), by Intel's optimization
// manual.
//
// Tails.
//   N: there are none, because panels are whole.
//   K: the driver gives the last step of A filled up with zeros. B's panels end with a group of four, so their last
//      step is copied beside zeros, once for all tiles of rows that use it.
//   M: with more than 16 rows the last AMX tile of A and C begins early, and computes some rows twice. That is exact
//      even for C += A B, because all of C is loaded before any of it is stored. With fewer rows, tiles of C and A are
//      configured to have just so many. (A task has either only tiles of 16 rows and more, or tiles of one height. So
//      there is one LDTILECFG, before its first tile. That it zeroes all tiles does not matter there.)
//
// Figures: bench/run.sh --benchmark_filter='^MatMul/s8s8s32/1024/1024/1024' and --benchmark_filter=MatMulSweep (K = N =
// 515), before and after a change of the line, on Granite Rapids. Other sizes stand in place of 1024; those that the
// bench lacks are an entry of kShapes in bench/warm_bench.cc.

// Per-target include guard.
#if defined(ISOQUANT_INL_ISA_TILE_AMX_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ISA_TILE_AMX_INL_H_
#undef ISOQUANT_INL_ISA_TILE_AMX_INL_H_
#else
#define ISOQUANT_INL_ISA_TILE_AMX_INL_H_
#endif

#include "isoquant/inl/isa/amx-inl.h"
#include "isoquant/inl/isa/tile-inl.h"

#if !HWY_COMPILER_MSVC && HWY_ARCH_X86_64 && HWY_TARGET <= HWY_AVX2

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// Tdp: an instruction (Multiply) and the types A, B, Acc of what it multiplies and adds.
template <class Tdp>
struct AmxTiles : AnyShape {
  using A = typename Tdp::A;
  using B = typename Tdp::B;
  using Acc = typename Tdp::Acc;
  using ArrangedA = A;
  using ArrangedB = B;
  // TDP* takes as many cycles as A has rows, so that rows may be split evenly. Cut at multiples of 16 instead, products
  // of 33, 70 and 130 rows took 1.15 to 1.4 times as long (MatMulSweep).
  static constexpr size_t kMR = 32, kNR = 32, kTallMR = 64, kKR = 64 / sizeof(B), kPieceK = kKR;
  static constexpr size_t kTileSize = amx::kTileBytes / sizeof(B);  // elements
  static constexpr bool kReadsRows = true;
  static constexpr bool kColumnSums = false;
  static constexpr size_t kArrangeBRows = SIZE_MAX;
  static constexpr bool kReadsBFromL2 = true;
  static constexpr bool kNeedsTiles = true;
  static constexpr bool kRunsBetween = true;

  // What streams past L1, because the next tile has another one: TILELOADDT1 leaves the operand that stays where it is.
  // (Emerald Rapids, 1024/1024/1024: B by TILELOADDT1 1.26 times as fast; A in the other order 1.1 times.)
  enum class Stream : uint8_t { kNone, kA, kB };

  static constexpr size_t kAhead = 2048;  // bytes of a panel

  static void ArrangePanel(const B*, size_t, ArrangedB*) {}  // never: the panels are what TDP* wants

  static HWY_INLINE void ArrangeTile(const A* a, size_t a_stride, size_t k, size_t rows, A* HWY_RESTRICT out) {
    ArrangeBytes(reinterpret_cast<const uint8_t*>(a), a_stride * sizeof(A), k * sizeof(A), rows,
                 reinterpret_cast<uint8_t*>(out));
  }
  static HWY_INLINE void ArrangeBytes(const uint8_t* a, size_t a_stride, size_t k, size_t rows,
                                      uint8_t* HWY_RESTRICT out) {
    const hn::CappedTag<uint8_t, amx::kRowBytes> d;
    const size_t n = hn::Lanes(d);
    for (; k >= amx::kRowBytes; k -= amx::kRowBytes, a += amx::kRowBytes) {
      const uint8_t* from = a;
      for (size_t r = 0; r < rows; ++r, from += a_stride, out += amx::kRowBytes) {
        for (size_t j = 0; j < amx::kRowBytes; j += n) hn::Store(hn::LoadU(d, from + j), d, out + j);
      }
    }
    if (k == 0) return;
    for (size_t r = 0; r < rows; ++r, a += a_stride, out += amx::kRowBytes) {
      std::memset(out, 0, amx::kRowBytes);
      std::memcpy(out, a, k);
    }
  }

  // The tile configuration, from the first Tile to the end of the task, and the last step of B.
  struct State {
    State() = default;
    ~State() {
      if (height != 0) amx::Release();
    }
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    // Gives tiles of C and A so many rows.
    HWY_INLINE void Configure(size_t rows) {
      if (rows != height) LoadConfig(rows);
    }
    HWY_NOINLINE void LoadConfig(size_t rows) {
      height = rows;
      amx::Config config;
      for (size_t tile = 0; tile < 8; ++tile) {
        config.row_bytes[tile] = amx::kRowBytes;
        config.rows[tile] = static_cast<uint8_t>(tile < 6 ? rows : amx::kRows);
      }
      amx::LoadConfig(&config);
    }

    void ForgetB() { tail_of = nullptr; }

    // Copies the last step of K of each panel beside zeros, unless that was done since ForgetB().
    HWY_INLINE void CopyTail(const B* from, size_t bytes, size_t panels, size_t panel_stride) {
      if (from == tail_of && panels <= tail_panels) return;
      tail_of = from;
      tail_panels = panels;
      for (size_t p = 0; p < panels; ++p) {
        uint8_t* const to = reinterpret_cast<uint8_t*>(b_tail + p * kTileSize);
        std::memcpy(to, from + p * panel_stride, bytes);
        std::memset(to + bytes, 0, amx::kTileBytes - bytes);
      }
    }

    size_t height = 0;  // rows of C and A; 0: not configured
    const B* tail_of = nullptr;
    size_t tail_panels = 0;
    alignas(64) B b_tail[2 * kTileSize];
  };

  using Args = TileArgs<ArrangedA, B, ArrangedB, Acc>;

  // kHigh x kPanels tiles of C; tile (i, p) is tmm(i * kPanels + p). Tiles of rows begin at the multiples of 16, but
  // the last one ends where the rows end.
  template <size_t kHigh, size_t kPanels>
  struct Kernel {
    template <int kTile>
    static HWY_INLINE Acc* TileOfC(const Args& args) {
      return args.c + FirstRow(args.rows, kTile / kPanels) * args.c_stride + kTile % kPanels * 16;
    }
    static HWY_INLINE size_t FirstRow(size_t rows, size_t i) {
      return kHigh == 1 ? 0 : i * amx::kRows + amx::kRows <= rows ? i * amx::kRows : rows - amx::kRows;
    }

    template <int kTile = 0>
    static HWY_INLINE void Begin(const Args& args) {
      if constexpr (kTile < kHigh * kPanels) {
        if (args.add) {
          amx::Load<kTile>(TileOfC<kTile>(args), args.c_stride * sizeof(Acc));
        } else {
          amx::Zero<kTile>();
        }
        Begin<kTile + 1>(args);
      }
    }
    template <int kTile = 0>
    static HWY_INLINE void End(const Args& args) {
      if constexpr (kTile < kHigh * kPanels) {
        amx::Store<kTile>(TileOfC<kTile>(args), args.c_stride * sizeof(Acc));
        End<kTile + 1>(args);
      }
    }

    // Row tile i of A times B, which is loaded on first use. The last row tile begins `last` elements after the first.
    // (Of two that may be anywhere.)
    template <Stream kStream, size_t kI = 0>
    static HWY_INLINE void Step(const A* a, size_t a_stride, size_t last, const B* b, size_t panel_stride) {
      if constexpr (kI < kHigh) {
        constexpr int kTileA = 4 + kI % 2;
        if constexpr (kI == 0) amx::Load<6, kStream == Stream::kB>(b, amx::kRowBytes);
        const size_t whole = kI * amx::kRows * a_stride;
        const size_t at = kI == 0 || (kI + 1 < kHigh && whole < last) ? whole : last;
        amx::Load<kTileA, kStream == Stream::kA>(a + at, a_stride * sizeof(A));
        Tdp::template Multiply<kI * kPanels, kTileA, 6>();
        if constexpr (kPanels == 2) {
          if constexpr (kI == 0) amx::Load<7, kStream == Stream::kB>(b + panel_stride, amx::kRowBytes);
          Tdp::template Multiply<kI * kPanels + 1, kTileA, 7>();
        }
        Step<kStream, kI + 1>(a, a_stride, last, b, panel_stride);
      }
    }

    // What is done beside each step: rows of the tile that waits; and fetches. A lone tile fetches its own B, some KiB
    // before it reads it. Rows of outputs are fetched where they come from beyond L2 as a rule: where groups of columns
    // come one after the other, and where a tile has one step. (Elsewhere fetches take more than they give: a bare
    // loop of 512/512/512 to s32 takes 1.08 times as long with them.)
    struct Besides {
      explicit Besides(const Args& args)
          : alone(args.hints.b_from_memory),
            next(alone ? reinterpret_cast<const char*>(args.b) + kAhead
                       : static_cast<const char*>(args.hints.prefetch.from)),
            written(args.hints.written),
            written_left(args.hints.a_streams || args.k <= kKR ? args.rows : 0),
            written_per_step(written_left == 0 || args.k == 0 ? 0 : (written_left * kKR + args.k - 1) / args.k),
            rows(args.between, args.k / kKR) {}

      HWY_INLINE void Step(const Args& args) {
        for (size_t i = HWY_MIN(written_left, written_per_step); i != 0; --i, --written_left) {
          PrefetchForWriting(written);
          PrefetchForWriting(written + args.hints.written_bytes - 1);
          written += args.hints.written_stride;
        }
        rows.Run(args.between);
        if (alone) {
          for (size_t i = 0; i < amx::kTileBytes; i += 64) {
            hwy::Prefetch(next + i);
            if (kPanels == 2) hwy::Prefetch(next + i + args.panel_stride * sizeof(B));
          }
          next += amx::kTileBytes;
        } else if (args.hints.prefetch.inner != 0) {
          for (size_t i = 0; i < amx::kTileBytes / 4; i += 64) {
            hwy::Prefetch(next + i);
            hwy::Prefetch(next + i + args.hints.prefetch.inner);
            hwy::Prefetch(next + i + args.hints.prefetch.outer);
            hwy::Prefetch(next + i + args.hints.prefetch.inner + args.hints.prefetch.outer);
          }
          next += amx::kTileBytes / 4;
        }
      }

      const bool alone;
      const char *next, *written;
      size_t written_left;
      const size_t written_per_step;
      amx::RowsBetween rows;
    };

    // Members of args are loaded anew in each step. As locals they would take more registers than there are, and g++ 12
    // spills those to vectors, by instructions of the port that TDP* needs (512 cubed took 1.1 times as long).
    static HWY_NOINLINE void Run(State& state, const Args& args) {
      Begin(args);
      const A* a = args.a;
      const B* b = args.b;
      const size_t whole = args.a_tail != nullptr ? args.k : args.b_k / kKR * kKR;
      const size_t last_row = FirstRow(args.rows, kHigh - 1);
      Besides besides(args);
      if (args.hints.a_streams) {
        Loop<Stream::kA>(args, whole, last_row * args.a_stride, a, b, besides);
      } else if (!args.hints.b_from_memory) {
        Loop<Stream::kB>(args, whole, last_row * args.a_stride, a, b, besides);
      } else {
        Loop<Stream::kNone>(args, whole, last_row * args.a_stride, a, b, besides);
      }
      if (whole != args.b_k)
        LastStep(state, args, a, last_row, b, (args.b_k - whole) * PackedPanels::kColumns * sizeof(B));
      besides.rows.RunRest(args.between);
      End(args);
    }

    template <Stream kStream>
    static HWY_INLINE void Loop(const Args& args, size_t k, size_t last, const A*& a, const B*& b, Besides& besides) {
      for (; k != 0; k -= kKR, a += args.a_step, b += kTileSize) {
        Step<kStream>(a, args.a_stride, last, b, args.panel_stride);
        besides.Step(args);
      }
    }

    // The last step of K. Rows in place have theirs in args.a_tail, filled up with zeros; panels that end after `bytes`
    // bytes are copied beside zeros.
    static void LastStep(State& state, const Args& args, const A* a, size_t last_row, const B* b, size_t bytes) {
      size_t a_stride = args.a_stride, panel_stride = args.panel_stride;
      if (args.a_tail != nullptr) {
        a = args.a_tail;
        a_stride = kKR;
      }
      if (bytes != amx::kTileBytes) {
        state.CopyTail(b, bytes, args.panels, panel_stride);
        b = state.b_tail;
        panel_stride = kTileSize;
      }
      Step<Stream::kNone>(a, a_stride, last_row * a_stride, b, panel_stride);
    }
  };

  static HWY_INLINE void Tile(State& state, const Args& args) {
    state.Configure(args.rows < amx::kRows ? args.rows : amx::kRows);
    if (args.panels == 2) {
      args.rows > amx::kRows ? Kernel<2, 2>::Run(state, args) : Kernel<1, 2>::Run(state, args);
    } else if (args.rows > 2 * amx::kRows) {
      Kernel<4, 1>::Run(state, args);
    } else {
      args.rows > amx::kRows ? Kernel<2, 1>::Run(state, args) : Kernel<1, 1>::Run(state, args);
    }
  }
};

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // x86-64 with inline asm
#endif  // per-target include guard
