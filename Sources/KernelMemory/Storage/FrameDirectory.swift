/// The frames of a machine: a sparse table in two levels, copied on the first write.
///
///     root [pfn >> 15] -> branch [pfn >> 8 & 127] -> chunk [pfn & 255] -> Frame
///
/// A branch and a chunk can be shared with other machines and with the boot image; the word that
/// refers to one says so. Only this file and `Core` know of the levels.
struct FrameDirectory {
    static let chunkShift: UInt32 = 8
    static let framesPerChunk: UInt32 = 256
    static let branchShift: UInt32 = 15
    static let chunksPerBranch = 128
    private static let chunkSize = Int(framesPerChunk) * MemoryLayout<Frame>.stride
    private static let branchSize = chunksPerBranch * MemoryLayout<NodeWord>.stride

    let root: UnsafeMutablePointer<NodeWord>
    /// Frames that can be named, a multiple of the frames in a branch; at least the machine's.
    let limit: UInt32
    private var branchCount: Int { Int(limit >> Self.branchShift) }

    /// An all-zero table for `frameCount` frames. One zero chunk serves all of it.
    init(zeroedFor frameCount: UInt32) {
        let branches = Int((frameCount + (1 << Self.branchShift) - 1) >> Self.branchShift)
        root = .allocate(capacity: branches)
        limit = UInt32(branches) << Self.branchShift
        for index in 0..<branches {
            let branch = SharedNode.allocate(payloadSize: Self.branchSize)
            let words = branch.bindMemory(to: NodeWord.self, capacity: Self.chunksPerBranch)
            words.initialize(
                repeating: NodeWord(Self.zeroChunk, tag: NodeWord.boot),
                count: Self.chunksPerBranch)
            (root + index).initialize(to: NodeWord(branch))
        }
    }

    /// A table that reads the same as another and shares all of it.
    ///
    /// The other must be told (``markAllShared()``) before it writes again.
    init(sharing other: FrameDirectory) {
        root = .allocate(capacity: other.branchCount)
        limit = other.limit
        for index in 0..<branchCount {
            var word = other.root[index]
            if !word.isBoot {
                SharedNode.retain(word.node)
                word.bits |= NodeWord.shared
            }
            (root + index).initialize(to: word)
        }
    }

    /// The same frames as a boot image's, without counting: the image must outlive the table.
    init(borrowing image: FrameDirectory) {
        root = .allocate(capacity: image.branchCount)
        limit = image.limit
        for index in 0..<branchCount {
            (root + index).initialize(to: NodeWord(image.root[index].node, tag: NodeWord.boot))
        }
    }

    /// Gives back every node that no other table shares.
    func deallocate() {
        for index in 0..<branchCount where !root[index].isBoot { Self.release(root[index].node) }
        root.deallocate()
    }

    /// The frame for reading. `pfn` must be below ``limit``.
    @inline(__always)
    func readable(_ pfn: UInt32) -> UnsafePointer<Frame> { readable(UInt64(pfn)) }

    /// The same by a frame number as wide as an address.
    @inline(__always)
    func readable(_ pfn: UInt64) -> UnsafePointer<Frame> {
        precondition(pfn < UInt64(limit))
        return readable(known: pfn)
    }

    /// The same for one who knows that `pfn` is below ``limit``.
    @inline(__always)
    func readable(known pfn: UInt64) -> UnsafePointer<Frame> {
        let branch = root[Int(pfn >> UInt64(Self.branchShift))].node
            .assumingMemoryBound(to: NodeWord.self)
        let chunk = branch[Self.chunkInBranch(pfn)].node
            .assumingMemoryBound(to: Frame.self)
        return UnsafePointer(chunk + Self.indexInChunk(pfn))
    }

    /// The frame for writing; copies what is shared first. `pfn` must be below ``limit``.
    @inline(__always)
    func writable(_ pfn: UInt32) -> UnsafeMutablePointer<Frame> {
        precondition(pfn < limit)
        let branchWord = root[Int(pfn >> Self.branchShift)]
        if _fastPath(branchWord.isOwned) {
            let branch = branchWord.node.assumingMemoryBound(to: NodeWord.self)
            let chunkWord = branch[Self.chunkInBranch(pfn)]
            if _fastPath(chunkWord.isOwned) {
                return chunkWord.node.assumingMemoryBound(to: Frame.self) + Self.indexInChunk(pfn)
            }
        }
        return makeWritable(pfn)
    }

    /// The words of the branch that a frame is in, for one who holds a frame of it for writing:
    /// then the branch is owned, and a chunk may be written if its word is.
    @inline(__always)
    func chunks(around pfn: UInt32) -> UnsafePointer<NodeWord> {
        precondition(pfn < limit)
        let branch = root[Int(pfn >> Self.branchShift)].node
        return UnsafePointer(branch.assumingMemoryBound(to: NodeWord.self))
    }

    /// Which of its branch's chunks a frame is in.
    @inline(__always)
    static func chunkInBranch(_ pfn: some UnsignedInteger) -> Int {
        Int(truncatingIfNeeded: pfn >> chunkShift) & (chunksPerBranch - 1)
    }

    /// Which of its chunk's frames a frame is.
    @inline(__always)
    static func indexInChunk(_ pfn: some UnsignedInteger) -> Int {
        Int(truncatingIfNeeded: pfn) & (Int(framesPerChunk) - 1)
    }

    /// Whether the chunk of a frame still is the boot image's: nothing in it was ever written.
    func isUntouched(_ pfn: UInt32) -> Bool {
        let branchWord = root[Int(pfn >> Self.branchShift)]
        let branch = branchWord.node.assumingMemoryBound(to: NodeWord.self)
        return branch[Self.chunkInBranch(pfn)].isBoot
    }
}

// MARK: - Clearing

extension FrameDirectory {
    /// Whether all frames of a chunk are zero, and it costs nothing.
    func isClear(chunkAt pfn: UInt32) -> Bool {
        let branch = root[Int(pfn >> Self.branchShift)].node.assumingMemoryBound(to: NodeWord.self)
        return branch[Self.chunkInBranch(pfn)].node == Self.zeroChunk
    }

    /// Makes all frames of a chunk zero.
    func clear(chunkAt pfn: UInt32) {
        let slot = ownedSlot(pfn)
        let word = slot.pointee
        slot.pointee = NodeWord(Self.zeroChunk, tag: NodeWord.boot)
        if !word.isBoot, SharedNode.release(word.node) { SharedNode.deallocate(word.node) }
    }
}

// MARK: - Copying on write

extension FrameDirectory {
    /// After another table was made that shares this one: every branch is shared from now on.
    func markAllShared() {
        for index in 0..<branchCount where !root[index].isBoot {
            root[index].bits |= NodeWord.shared
        }
    }

    @inline(never)
    private func makeWritable(_ pfn: UInt32) -> UnsafeMutablePointer<Frame> {
        let slot = ownedSlot(pfn)
        if !slot.pointee.isOwned { slot.pointee = Self.ownedChunk(slot.pointee) }
        return slot.pointee.node.assumingMemoryBound(to: Frame.self) + Self.indexInChunk(pfn)
    }

    /// The word of a frame's chunk, in a branch that nobody shares.
    private func ownedSlot(_ pfn: UInt32) -> UnsafeMutablePointer<NodeWord> {
        let rootSlot = root + Int(pfn >> Self.branchShift)
        if !rootSlot.pointee.isOwned { rootSlot.pointee = Self.ownedBranch(rootSlot.pointee) }
        let branch = rootSlot.pointee.node.assumingMemoryBound(to: NodeWord.self)
        return branch + Self.chunkInBranch(pfn)
    }

    /// The branch itself if nobody else has it any more, or a copy that shares its chunks.
    ///
    /// Either way its chunks count as shared: the one who had the branch too may have copied it.
    private static func ownedBranch(_ word: NodeWord) -> NodeWord {
        let old = word.node.assumingMemoryBound(to: NodeWord.self)
        if !word.isBoot, SharedNode.isUnique(word.node) {
            for index in 0..<chunksPerBranch where !old[index].isBoot {
                old[index].bits |= NodeWord.shared
            }
            return NodeWord(word.node)
        }
        let copy = SharedNode.allocate(payloadSize: branchSize)
        let words = copy.bindMemory(to: NodeWord.self, capacity: chunksPerBranch)
        for index in 0..<chunksPerBranch {
            var chunk = old[index]
            if word.isBoot {
                chunk.bits |= NodeWord.boot
            } else if !chunk.isBoot {
                SharedNode.retain(chunk.node)
                chunk.bits |= NodeWord.shared
            }
            (words + index).initialize(to: chunk)
        }
        if !word.isBoot { release(word.node) }
        return NodeWord(copy)
    }

    private static func ownedChunk(_ word: NodeWord) -> NodeWord {
        if !word.isBoot, SharedNode.isUnique(word.node) { return NodeWord(word.node) }
        let copy = SharedNode.allocate(payloadSize: chunkSize)
        copy.copyMemory(from: word.node, byteCount: chunkSize)
        if !word.isBoot, SharedNode.release(word.node) { SharedNode.deallocate(word.node) }
        return NodeWord(copy)
    }

    private static func release(_ branch: UnsafeMutableRawPointer) {
        guard SharedNode.release(branch) else { return }
        let words = branch.assumingMemoryBound(to: NodeWord.self)
        for index in 0..<chunksPerBranch where !words[index].isBoot {
            let chunk = words[index].node
            if SharedNode.release(chunk) { SharedNode.deallocate(chunk) }
        }
        SharedNode.deallocate(branch)
    }

    /// A chunk of frames that are all zero; never written, never freed.
    private nonisolated(unsafe) static let zeroChunk: UnsafeMutableRawPointer = {
        let chunk = SharedNode.allocate(payloadSize: chunkSize)
        chunk.initializeMemory(as: UInt8.self, repeating: 0, count: chunkSize)
        return chunk
    }()
}
