/// The bytes of all frames: a sparse tree, copied on the first write.
///
///     root [pfn >> 14] -> branch [pfn >> 6 & 255] -> twig [pfn & 63] -> 4,096 bytes
///
/// A frame that is full of one byte costs nothing: it shares a page with all others that are. Branches,
/// twigs and pages can be shared with other machines and with the boot image; the word that refers to
/// one says so, as in ``FrameDirectory``. A page's address stays the same until somebody writes to a
/// page that is shared.
struct FrameContents {
    private static let branchShift: UInt32 = 14
    private static let twigShift: UInt32 = 6
    private static let twigsPerBranch = 256
    private static let pagesPerTwig = 64

    let root: UnsafeMutablePointer<NodeWord>
    /// Frames that can be named, a multiple of those in a branch.
    let limit: UInt32
    /// Frames that have a page of their own.
    private let owned: UnsafeMutablePointer<Int>

    private var branchCount: Int { Int(limit >> Self.branchShift) }

    private init(frameCount: UInt32, owned count: Int, _ word: (Int) -> NodeWord) {
        let branches = Int((frameCount + (1 << Self.branchShift) - 1) >> Self.branchShift)
        root = .allocate(capacity: branches)
        limit = UInt32(branches) << Self.branchShift
        owned = .allocate(capacity: 1)
        owned.initialize(to: count)
        for index in 0..<branches { (root + index).initialize(to: word(index)) }
    }

    /// All bytes zero, for `frameCount` frames.
    init(zeroedFor frameCount: UInt32) {
        self.init(frameCount: frameCount, owned: 0) { _ in
            NodeWord(Self.zeroBranch, tag: NodeWord.boot)
        }
    }

    /// Contents that read the same as others and share all of them.
    ///
    /// The other must be told (``markAllShared()``) before it writes again.
    init(sharing other: FrameContents) {
        self.init(frameCount: other.limit, owned: other.owned.pointee) {
            Self.shared(other.root[$0])
        }
    }

    /// The same bytes as a boot image's, without counting: the image must outlive the contents.
    init(borrowing image: FrameContents) {
        self.init(frameCount: image.limit, owned: 0) {
            NodeWord(image.root[$0].node, tag: NodeWord.boot)
        }
    }

    /// Gives back everything that no other machine shares.
    func deallocate() {
        for index in 0..<branchCount { Self.release(root[index], .branch) }
        root.deallocate()
        owned.deallocate()
    }

    /// Frames that have a page of their own: each costs as much real memory.
    var ownedPageCount: Int { owned.pointee }

    /// After others were made that share these: every branch is shared from now on.
    func markAllShared() {
        for index in 0..<branchCount where !root[index].isBoot {
            root[index].bits |= NodeWord.shared
        }
    }
}

// MARK: - Reaching pages

extension FrameContents {
    /// A frame's bytes for reading. `pfn` must be below ``limit``.
    @inline(__always)
    func readable(_ pfn: UInt32) -> UnsafeRawPointer { UnsafeRawPointer(word(pfn).node) }

    /// The same for one who knows that `pfn` is below ``limit``.
    @inline(__always)
    func readable(known pfn: UInt64) -> UnsafeRawPointer { UnsafeRawPointer(word(known: pfn).node) }

    @inline(__always)
    private func word(_ pfn: UInt32) -> NodeWord {
        precondition(pfn < limit)
        return word(known: UInt64(pfn))
    }

    @inline(__always)
    private func word(known pfn: UInt64) -> NodeWord {
        let branch = root[Int(truncatingIfNeeded: pfn &>> UInt64(Self.branchShift))].node
            .assumingMemoryBound(to: NodeWord.self)
        let twig = branch[Self.indexInBranch(pfn)].node.assumingMemoryBound(to: NodeWord.self)
        return twig[Self.indexInTwig(pfn)]
    }

    /// A frame's bytes for writing; copies what is shared first. `pfn` must be below ``limit``.
    @inline(__always)
    func writable(_ pfn: UInt32) -> UnsafeMutableRawPointer {
        precondition(pfn < limit)
        let branchWord = root[Int(pfn >> Self.branchShift)]
        if _fastPath(branchWord.isOwned) {
            let branch = branchWord.node.assumingMemoryBound(to: NodeWord.self)
            let twigWord = branch[Self.indexInBranch(pfn)]
            if _fastPath(twigWord.isOwned) {
                let twig = twigWord.node.assumingMemoryBound(to: NodeWord.self)
                let pageWord = twig[Self.indexInTwig(pfn)]
                if _fastPath(pageWord.isOwned) { return pageWord.node }
            }
        }
        return makeWritable(pfn)
    }

    /// Whether a frame is full of zeroes and has no page of its own.
    @inline(__always)
    func isZero(_ pfn: UInt32) -> Bool { word(pfn).node == Self.zeroPage }

    /// Makes all bytes of a frame the same.
    func fill(_ pfn: UInt32, with byte: UInt8) {
        let page = Self.page(filledWith: byte)
        if word(pfn).node == page { return }
        let slot = ownedSlot(pfn)
        if !slot.pointee.isBoot { owned.pointee -= 1 }
        Self.release(slot.pointee, .page)
        slot.pointee = NodeWord(page, tag: NodeWord.boot)
    }

    /// Gives up a frame's own page if all its bytes are zero.
    ///
    /// - Complexity: O(bytes up to the first that is not zero).
    func trim(_ pfn: UInt32) {
        let word = word(pfn)
        if word.isBoot { return }
        let words = word.node.assumingMemoryBound(to: UInt64.self)
        for index in 0..<(Page.sizeInBytes / 8) where words[index] != 0 { return }
        fill(pfn, with: 0)
    }

    @inline(__always)
    private static func indexInBranch(_ pfn: some UnsignedInteger & FixedWidthInteger) -> Int {
        Int(truncatingIfNeeded: pfn >> twigShift) & (twigsPerBranch - 1)
    }

    @inline(__always)
    private static func indexInTwig(_ pfn: some UnsignedInteger & FixedWidthInteger) -> Int {
        Int(truncatingIfNeeded: pfn) & (pagesPerTwig - 1)
    }
}

// MARK: - Copying on write

extension FrameContents {
    /// What a word refers to.
    private enum Level: Int {
        case page, twig, branch

        /// Words in a node of this level; a page has none.
        var wordCount: Int {
            switch self {
            case .page: 0
            case .twig: pagesPerTwig
            case .branch: twigsPerBranch
            }
        }
        var size: Int {
            self == .page ? Page.sizeInBytes : wordCount * MemoryLayout<NodeWord>.stride
        }
        /// What the words of a node of this level refer to.
        var below: Level { self == .branch ? .twig : .page }
    }

    @inline(never)
    private func makeWritable(_ pfn: UInt32) -> UnsafeMutableRawPointer {
        let slot = ownedSlot(pfn)
        if slot.pointee.isBoot { owned.pointee += 1 }
        if !slot.pointee.isOwned { slot.pointee = Self.owned(slot.pointee, .page) }
        return slot.pointee.node
    }

    /// The word of a frame's page, in a twig that nobody shares.
    private func ownedSlot(_ pfn: UInt32) -> UnsafeMutablePointer<NodeWord> {
        let rootSlot = root + Int(pfn >> Self.branchShift)
        if !rootSlot.pointee.isOwned { rootSlot.pointee = Self.owned(rootSlot.pointee, .branch) }
        let branch = rootSlot.pointee.node.assumingMemoryBound(to: NodeWord.self)
        let slot = branch + Self.indexInBranch(pfn)
        if !slot.pointee.isOwned { slot.pointee = Self.owned(slot.pointee, .twig) }
        return slot.pointee.node.assumingMemoryBound(to: NodeWord.self) + Self.indexInTwig(pfn)
    }

    /// The node itself if nobody else has it any more, or a copy that shares what is below.
    ///
    /// Either way that counts as shared: the one who had the node too may have copied it.
    private static func owned(_ word: NodeWord, _ level: Level) -> NodeWord {
        let words = word.node.assumingMemoryBound(to: NodeWord.self)
        if !word.isBoot, SharedNode.isUnique(word.node) {
            for index in 0..<level.wordCount where !words[index].isBoot {
                words[index].bits |= NodeWord.shared
            }
            return NodeWord(word.node)
        }
        let copy = SharedNode.allocate(payloadSize: level.size)
        copy.copyMemory(from: word.node, byteCount: level.size)
        let copied = copy.assumingMemoryBound(to: NodeWord.self)
        for index in 0..<level.wordCount {
            copied[index] =
                word.isBoot
                ? NodeWord(words[index].node, tag: NodeWord.boot) : shared(words[index])
        }
        release(word, level)
        return NodeWord(copy)
    }

    /// One more reference to a node.
    private static func shared(_ word: NodeWord) -> NodeWord {
        if word.isBoot { return word }
        SharedNode.retain(word.node)
        return NodeWord(word.node, tag: NodeWord.shared)
    }

    private static func release(_ word: NodeWord, _ level: Level) {
        guard !word.isBoot, SharedNode.release(word.node) else { return }
        let words = word.node.assumingMemoryBound(to: NodeWord.self)
        for index in 0..<level.wordCount { release(words[index], level.below) }
        SharedNode.deallocate(word.node)
    }
}

// MARK: - What all machines share

extension FrameContents {
    private nonisolated(unsafe) static let zeroPage = uniformPage(0)
    private nonisolated(unsafe) static let zeroTwig = node(of: zeroPage, count: pagesPerTwig)
    private nonisolated(unsafe) static let zeroBranch = node(of: zeroTwig, count: twigsPerBranch)
    /// A page for each byte but 0.
    private nonisolated(unsafe) static let uniformPages = (1...255).map { uniformPage(UInt8($0)) }

    private static func page(filledWith byte: UInt8) -> UnsafeMutableRawPointer {
        byte == 0 ? zeroPage : uniformPages[Int(byte) - 1]
    }

    /// Never written, never freed.
    private static func uniformPage(_ byte: UInt8) -> UnsafeMutableRawPointer {
        let page = SharedNode.allocate(payloadSize: Page.sizeInBytes)
        page.initializeMemory(as: UInt8.self, repeating: byte, count: Page.sizeInBytes)
        return page
    }

    private static func node(
        of child: UnsafeMutableRawPointer, count: Int
    ) -> UnsafeMutableRawPointer {
        let node = SharedNode.allocate(payloadSize: count * MemoryLayout<NodeWord>.stride)
        node.bindMemory(to: NodeWord.self, capacity: count)
            .initialize(repeating: NodeWord(child, tag: NodeWord.boot), count: count)
        return node
    }
}
