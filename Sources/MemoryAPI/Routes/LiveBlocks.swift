import KernelMemory
import MicroHTTPD

/// The blocks that callers got from the page allocator and own, ordered by the step that allocated
/// them, then by frame.
struct LiveBlocks {
    private let blocks: [FrameRun]

    /// All of them.
    var all: [FrameRun] { blocks }

    /// How many there are.
    var count: Int { blocks.count }
    /// Their pages.
    var pageCount: Int { blocks.reduce(0) { $0 + Int($1.count) } }

    /// A place in the list.
    struct Cursor {
        let step: UInt32
        let pfn: UInt32
    }

    init(_ machine: Machine) {
        var blocks: [FrameRun] = []
        machine.forEachLiveBlock { if !$0.isLargeKMalloc { blocks.append($0) } }
        self.blocks = blocks.sorted {
            ($0.step, $0.start.rawValue) < ($1.step, $1.start.rawValue)
        }
    }

    /// Some of them behind a place.
    ///
    /// - Returns: the blocks, and the place of the last one if more follow.
    func page(after cursor: Cursor?, limit: Int) -> (blocks: ArraySlice<FrameRun>, next: Cursor?) {
        let start = cursor.map { cursor in
            blocks.firstIndex {
                ($0.step, $0.start.rawValue) > (cursor.step, cursor.pfn)
            } ?? blocks.count
        }
        let rest = blocks[(start ?? 0)...]
        let page = rest.prefix(limit)
        guard rest.count > limit, let last = page.last else { return (page, nil) }
        return (page, Cursor(step: last.step, pfn: last.start.rawValue))
    }
}

extension LiveBlocks.Cursor {
    /// The cursor of a request's query; `nil` if there is none.
    init?(_ request: borrowing Request) throws(Problem) {
        guard let text = request.query("cursor") else { return nil }
        let dash = text.firstIndex(of: UInt8(ascii: "-")) ?? text.count
        let step = wholeNumber(UnsafeRawBufferPointer(rebasing: text[..<dash]))
        let pfn = wholeNumber(UnsafeRawBufferPointer(rebasing: text[dash...].dropFirst()))
        guard let step, let pfn, step <= UInt32.max, pfn <= UInt32.max else {
            throw Request.problem("cursor", text, "what the page before gave as next")
        }
        self.init(step: UInt32(step), pfn: UInt32(pfn))
    }

    /// The cursor for a client.
    var text: String { "\(step)-\(pfn)" }
}

extension SessionView {
    /// The blocks that callers own.
    var liveBlocks: LiveBlocks { LiveBlocks(machine) }

    /// The live block that a path names.
    ///
    /// - Throws: a problem that says whether it was freed or never was.
    func liveBlock(_ reference: Reference) throws(Problem) -> FrameRun {
        switch reference {
        case .id(let id): return try liveBlock(id)
        case .address(let address): return try liveBlock(at: address)
        }
    }

    private func liveBlock(_ id: UInt32) throws(Problem) -> FrameRun {
        guard let pfn = allocatedFrame(by: id) else {
            throw Problem(
                .noSuchPage, "No call of this session allocated pages as \(id).", .id(id),
                wanted: "the id of pages")
        }
        let run = machine.frameRun(at: pfn)
        guard run.state == .allocated, run.step == id else {
            throw Problem(
                alreadyFreed: id, "Pages \(id) were freed", at: freeingStep(of: pfn, after: id))
        }
        return run
    }

    private func liveBlock(at address: UInt64) throws(Problem) -> FrameRun {
        let pfn =
            machine.frame(of: PagePointer(address))
            ?? machine.frame(at: VirtualAddress(address))
        guard let pfn, let run = machine.liveBlock(covering: pfn) else {
            throw Problem(
                .noSuchPage, "No allocated block covers \(VirtualAddress(address)).",
                .address(address), wanted: "in an allocated block, or a struct page of one")
        }
        return run
    }

    /// The first step behind an allocation that freed a block by its first frame.
    private func freeingStep(of pfn: PageFrameNumber, after id: UInt32) -> UInt32? {
        let later = records[Int(id)...]
        return later.indices.first { index in
            switch call(of: UInt32(index) + 1) {
            case .freePagesOf(let page, _), .freePageOf(let page): machine.frame(of: page) == pfn
            case .freePages(let address, _), .freePage(let address):
                machine.frame(at: address) == pfn
            default: false
            }
        }.map { UInt32($0) + 1 }
    }
}

extension Problem {
    /// The refusal of an id whose allocation was given up.
    ///
    /// - Parameters:
    ///   - what: what happened to it, a sentence without its end.
    ///   - step: when; `nil` if no call is known that did it.
    convenience init(alreadyFreed id: UInt32, _ what: String, at step: UInt32?) {
        self.init(
            .alreadyFreed, what + (step.map { " at step \($0)." } ?? "."), .id(id),
            wanted: "of an allocation that is live",
            extras: [.number("freed_at_step", step.map { UInt64($0) })])
    }
}

extension JSONWriter {
    /// Writes the members of a live block.
    mutating func liveBlock(_ block: FrameRun, _ view: SessionView) {
        let isOwn = view.allocatedFrame(by: block.step) == block.start
        let call = view.call(of: block.step)
        member("id", orNull: isOwn ? block.step : nil)
        self.block(
            block.start, order: block.order ?? 0, call?.request?.gfp.migrateType, view.machine)
        member("allocated_at_step", block.step)
        memberCall(call)
    }
}
