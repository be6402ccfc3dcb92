import KernelMemory

/// How large a block has to be, and what of it is not needed.
enum PowerOfTwoTopic: ExerciseTopic {
    static let id = "power-of-two"
    static let title = "Pages, orders and what is lost"
    static let summary =
        "A number of bytes is wanted in one piece: how many pages, which order, how much is wasted."
    static let telling: Set<Decision.Code>? = [
        .kmallocLarge, .vmallocSize, .vmallocPages,
    ]

    static func candidate(
        level: Int, _ random: inout ExerciseRandom, _ machines: ExerciseMachines
    ) -> Exercise {
        let wish = Wish(level: level, &random)
        var script = ExerciseScript(.classroom, machines)
        script.beginCalls()
        script.run("kmalloc(\(wish.bytes), GFP_KERNEL)", as: "k")
        let order = script.machine.object(at: VirtualAddress(script["k"]))?.order ?? 0
        var mapped = script
        mapped.run("vmalloc(\(wish.bytes))", as: "v")
        let area = mapped.machine.vmArea(covering: VirtualAddress(mapped["v"]))
        let pages = area?.pageCount ?? 0
        let sizes = Sizes(
            wish: wish, pages: pages, order: order, area: area.map { $0.range.count } ?? 0)
        return Exercise(
            prompt: wish.prompt(level), script: level < 3 ? script : mapped,
            parts: sizes.parts(level),
            hints: [
                "A page has 4,096 bytes. Round the bytes up to whole pages first.",
                "A block of order n has 2^n pages: 1, 2, 4, 8, 16, 32, 64, ...",
            ],
            solution: sizes.solution(level),
            isWorthwhile: 1 << order != pages && (level == 1 || wish.pagesWithoutHeader != pages))
    }
}

/// What is wanted: records, and from level 2 on something before them.
private struct Wish {
    let records: Int
    let recordBytes: Int
    let headerBytes: Int

    init(level: Int, _ random: inout ExerciseRandom) {
        if level == 1 {
            records = 1
            let order = random.number(2...6)
            recordBytes = random.number((2_048 << order) + 1...(4_096 << order))
            headerBytes = 0
        } else {
            // The records alone would fill whole pages; the header needs one more.
            recordBytes = random.pick([64, 128, 256, 512, 1_024])
            records = random.number(3...(level == 2 ? 31 : 60)) * 4_096 / recordBytes
            headerBytes = random.pick([16, 24, 40, 64, 96, 200])
        }
    }

    var bytes: Int { headerBytes + records * recordBytes }
    /// Pages if one forgets the header.
    var pagesWithoutHeader: Int { (records * recordBytes + 4_095) / 4_096 }

    func prompt(_ level: Int) -> String {
        let what =
            level == 1
            ? "A driver needs a buffer of \(bytes) bytes in one physical piece"
            : "A driver needs a table in one physical piece: a header of \(headerBytes) bytes, and right "
                + "behind it \(records) records of \(recordBytes) bytes each"
        let then =
            "It asks for it with __get_free_pages(GFP_KERNEL, order), with the smallest order that does, as "
            + "kmalloc would."
        return level < 3
            ? "\(what). \(then)"
            : "\(what). \(then) Its author then reads that nothing but the CPU will use the table, and "
                + "takes vmalloc instead."
    }
}

private struct Sizes {
    let wish: Wish
    let pages: Int
    let order: Int
    let area: Int

    private var given: Int { 1 << order }
    private var wasted: Int { given * 4_096 - wish.bytes }
    private var withoutHeader: Int? {
        wish.headerBytes > 0 ? wish.pagesWithoutHeader : nil
    }

    /// The smallest order of some pages.
    private func order(of pages: Int) -> Int {
        Int.bitWidth - max(pages - 1, 0).leadingZeroBitCount
    }

    func parts(_ level: Int) -> [ExercisePart] {
        [pagesPart, orderPart] + (level < 3 ? [givenPart] : []) + [wastedPart]
            + (level < 3 ? [] : [areaPart, savedPart])
    }

    private var pagesPart: ExercisePart {
        .number(
            "pages_needed", "How many pages do the bytes need?", 0...1_024, pages,
            why: "\(wish.bytes) bytes / 4,096 is more than \(pages - 1) and at most \(pages).",
            traps: [
                (.headerForgotten, withoutHeader), (.roundedDown, wish.bytes / 4_096),
                (.blockForPages, given),
            ])
    }

    private var orderPart: ExercisePart {
        .number(
            "order", "What is the order?", 0...1_024, order,
            why: "2^\(order) = \(given) pages hold \(pages); 2^\(order - 1) = \(given / 2) do not.",
            traps: [
                (.pagesForOrder, pages), (.pagesForOrder, given), (.orderTooSmall, order - 1),
                (.headerForgotten, withoutHeader.map(order(of:))),
            ])
    }

    private var givenPart: ExercisePart {
        .number(
            "pages_given", "How many pages does the driver get?", 0...1_024, given,
            why: "A block of order \(order) has 2^\(order) = \(given) pages.",
            traps: [(.exactPages, pages), (.orderForPages, order)])
    }

    private var wastedPart: ExercisePart {
        .number(
            "wasted_bytes", "How many bytes of the block are not needed?", 0...4_194_304, wasted,
            why: "\(given) x 4,096 - \(wish.bytes) = \(wasted).",
            traps: [
                (.lastPageOnly, pages * 4_096 - wish.bytes), (.pagesForBytes, given - pages),
                (.headerForgotten, wish.headerBytes > 0 ? wasted + wish.headerBytes : nil),
            ])
    }

    private var areaPart: ExercisePart {
        .number(
            "area_bytes", "How many bytes of address space does the area of vmalloc take?",
            0...4_194_304, area,
            why:
                "\(pages) pages, and behind them the guard page, which is not mapped: \(pages + 1) x "
                + "4,096 = \(area).",
            traps: [
                (.guardPageForgotten, pages * 4_096), (.blockForPages, given * 4_096),
                (.exactBytes, wish.bytes), (.pagesForBytes, pages + 1),
            ])
    }

    private var savedPart: ExercisePart {
        .number(
            "pages_saved", "How many page frames fewer does vmalloc take for the table?", 0...1_024,
            given - pages,
            why:
                "vmalloc takes single pages, \(pages), and not a power of two, \(given). The guard page "
                + "costs no frame.",
            traps: [(.guardPageCounted, given - pages - 1)])
    }

    func solution(_ level: Int) -> [String] {
        let bytes =
            wish.headerBytes > 0
            ? "\(wish.headerBytes) + \(wish.records) x \(wish.recordBytes) = \(wish.bytes) bytes"
            : "\(wish.bytes) bytes"
        return [
            "\(bytes) need \(pages) pages of 4,096 bytes; the next power of two is \(given) = 2^\(order).",
            "\(given * 4_096) bytes are given, \(wasted) are not needed.",
        ]
            + (level < 3
                ? []
                : ["vmalloc takes \(pages) frames, and \(area) bytes of address space."])
    }
}
