import KernelMemory

/// Which cache serves a kmalloc.
enum SizeClassTopic: ExerciseTopic {
    static let id = "size-class"
    static let title = "Which cache serves this size"
    static let summary =
        "kmalloc rounds up: which cache the bytes come from, how many are given, how many are wasted."
    static let telling: Set<Decision.Code>? = [
        .kmallocSize, .kmallocLarge, .slabNew,
    ]

    static func candidate(
        level: Int, _ random: inout ExerciseRandom, _ machines: ExerciseMachines
    ) -> Exercise {
        let wish = KMallocWish(level: level, &random)
        var script = ExerciseScript(wish.kind, machines)
        let before = script.machine
        script.beginCalls()
        script.run(wish.call, as: wish.count == 1 ? "p" : nil, times: wish.count)
        let object = script.machine.liveKMallocs.last
        let served = Served(wish: wish, object: object, before: before, after: script.machine)
        return Exercise(
            prompt: served.prompt, script: script, views: served.views, parts: served.parts,
            hints: [
                "Beside the powers of two there are kmalloc-96 and kmalloc-192. SLUB's smallest objects "
                    + "have 8 bytes, SLAB's here 32.",
                "GFP_DMA takes from dma-kmalloc-*, __GFP_RECLAIMABLE from kmalloc-rcl-*. More than 8,192 "
                    + "bytes come from no cache, but as whole pages, 2^order of them.",
            ],
            isWorthwhile: object != nil && before.liveKMallocs.isEmpty)
    }

    /// Sizes that have caches, ascending.
    static let sizes = [8, 16, 32, 64, 96, 128, 192, 256, 512, 1_024, 2_048, 4_096, 8_192]

    /// What the answer may name: every cache, or none.
    static let caches: [String] =
        ["kmalloc-", "kmalloc-rcl-", "dma-kmalloc-"].flatMap { prefix in
            sizes.map { prefix + name($0) }
        } + ["none"]

    static func name(_ size: Int) -> String { size >= 1_024 ? "\(size / 1_024)k" : "\(size)" }
}

/// What is asked for.
private struct KMallocWish {
    let size: Int
    let mask: String
    let kind: ExerciseMachines.Kind
    let count: Int

    init(level: Int, _ random: inout ExerciseRandom) {
        let sizes = SizeClassTopic.sizes
        kind = level > 1 && random.isOne(in: 3) ? .classicClassroom : .classroom
        if level == 3 {
            count = random.number(5...60)
            size = random.pick(Array(sizes.dropFirst(2).dropLast(2))) + random.number(1...24)
            mask = "GFP_KERNEL"
            return
        }
        count = 1
        let size = random.pick(sizes)
        // Often close to where the caches change.
        let near =
            random.isOne(in: 2) ? size + random.number(1...6) : size - random.number(0...(size / 4))
        self.size =
            level == 2 && random.isOne(in: 5)
            ? random.number(8_193...70_000) : min(max(near, 1), 8_192)
        mask =
            level == 1
            ? random.pick(["GFP_KERNEL", "GFP_ATOMIC"])
            : random.pick(["GFP_KERNEL", "GFP_KERNEL|GFP_DMA", "GFP_KERNEL|__GFP_RECLAIMABLE"])
    }

    var call: String { "kmalloc(\(size), \(mask))" }
}

/// What the machine gave.
private struct Served {
    let wish: KMallocWish
    private let object: ObjectSnapshot?
    private let before: Machine
    private let after: Machine

    init(wish: KMallocWish, object: ObjectSnapshot?, before: Machine, after: Machine) {
        self.wish = wish
        self.object = object
        self.before = before
        self.after = after
    }

    private var cacheNumber: UInt32? { object?.cache ?? nil }
    private var cache: String { cacheNumber.map { after.cacheName($0) } ?? "none" }
    private var given: Int { Int(object?.allocatedBytes ?? 0) }
    private var wasted: Int { given - wish.size }
    /// Where the name's size begins: the prefix of its family.
    private var prefix: String { String(cache.prefix { !$0.isNumber }) }
    private var powerOfTwo: Int {
        max(8, 1 << (Int.bitWidth - max(wish.size - 1, 0).leadingZeroBitCount))
    }
    private var wholePages: Int { (wish.size + 4_095) / 4_096 * 4_096 }
    private var slabs: Int { cacheNumber.map { Int(after.cache($0).slabCount) } ?? 0 }
    private var pages: Int { cacheNumber.map { Int(after.cache($0).pageCount) } ?? 0 }

    var prompt: String {
        let kernel =
            wish.kind == .classroom
            ? "The kernel has SLUB." : "The kernel has the classic slab allocator, SLAB."
        return wish.count == 1
            ? "A driver calls \(wish.call). \(kernel) Where do the bytes come from?"
            : "A driver calls \(wish.call) \(wish.count) times, and keeps all of them. Nobody has any "
                + "other object of that cache. \(kernel) What does that take?"
    }

    /// The caches around the one that is right, from level 3 on.
    var views: [Exercise.View] {
        guard wish.count > 1 else { return [] }
        let lines = SizeClassTopic.sizes.filter { $0 >= 32 }.compactMap { size -> String? in
            let name = "kmalloc-" + SizeClassTopic.name(size)
            guard let number = before.cacheNumber(named: name) else { return nil }
            let cache = before.cache(number)
            return name.leading(12) + "\(cache.size)".padded(to: 8)
                + "\(cache.objectsPerSlab)".padded(to: 9)
                + "\(1 << cache.order)".padded(to: 7)
        }
        return [
            Exercise.View(
                title: "Caches of kmalloc: bytes of an object, objects of a slab, pages of a slab",
                lines: ["cache          bytes  objects  pages"] + lines)
        ]
    }

    var parts: [ExercisePart] {
        [cachePart, givenPart, wastedPart] + (wish.count == 1 ? [] : [slabsPart, pagesPart])
    }

    private var cachePart: ExercisePart {
        let sizes = SizeClassTopic.sizes
        let below = sizes.last { $0 < wish.size && $0 != given }
        let least = sizes.first { $0 >= wish.size }
        return .choice(
            "cache", "Which cache do the bytes come from? (none: whole pages)",
            SizeClassTopic.caches, cache,
            why: cache == "none"
                ? "\(wish.size) bytes are more than the 8,192 of the largest cache."
                : "\(given) is the least of the family's sizes that is not below \(wish.size).",
            traps: [
                (.smallestObject, least.map { prefix + SizeClassTopic.name($0) }),
                (
                    .familyForgotten,
                    prefix == "kmalloc-" ? nil : "kmalloc-\(SizeClassTopic.name(given))"
                ),
                (.powerOfTwo, powerOfTwo <= 8_192 ? prefix + SizeClassTopic.name(powerOfTwo) : nil),
                (.roundedDown, below.map { prefix + SizeClassTopic.name($0) }),
                (.cacheTooSmall, cache == "none" ? "kmalloc-8k" : nil),
            ])
    }

    private var givenPart: ExercisePart {
        .number(
            "bytes_alloc", "How many bytes does each of the calls get?".forOne(wish.count),
            0...4_194_304,
            given,
            why: cache == "none"
                ? "\(wish.size) bytes need \(wholePages / 4_096) pages; the block has "
                    + "\(given / 4_096), a power of two."
                : "An object of \(cache) has \(given) bytes.",
            traps: [
                (.exactBytes, wish.size),
                (.smallestObject, SizeClassTopic.sizes.first { $0 >= wish.size }),
                (.powerOfTwo, powerOfTwo),
                (.exactPages, wholePages),
            ])
    }

    private var wastedPart: ExercisePart {
        .number(
            "waste_bytes", "How many of these bytes are wasted, that is, were not asked for?",
            0...4_194_304, wasted,
            why: "\(given) - \(wish.size) = \(wasted).",
            traps: [
                (.givenForWasted, given), (.powerOfTwo, powerOfTwo - wish.size),
                (.lastPageOnly, cache == "none" ? wholePages - wish.size : nil),
            ])
    }

    private var perSlab: Int { cacheNumber.map { Int(after.cache($0).objectsPerSlab) } ?? 1 }

    private var slabsPart: ExercisePart {
        .number(
            "slabs", "How many slabs does the cache have after the \(wish.count) calls?", 0...1_024,
            slabs,
            why: "\(wish.count) objects, \(perSlab) to a slab.",
            traps: [
                (.roundedDown, wish.count / perSlab), (.objectsForSlabs, wish.count),
                (.pagesForSlabs, pages),
            ])
    }

    private var pagesPart: ExercisePart {
        .number(
            "slab_pages", "How many pages do these slabs take?", 0...1_024, pages,
            why: "\(counted(slabs, "slab")) of \(slabs > 0 ? pages / slabs : 0) pages.",
            traps: [
                (.slabsForPages, slabs),
                (.slabRoundingForgotten, (wish.count * given + 4_095) / 4_096),
                (.exactBytes, (wish.count * wish.size + 4_095) / 4_096),
            ])
    }
}

extension String {
    /// A question about one call.
    fileprivate func forOne(_ count: Int) -> String {
        count == 1 ? "How many bytes does the call get?" : self
    }

    /// The text with blanks behind it.
    func leading(_ width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - utf8.count))
    }
}
