/// Numbered nodes of raw memory: a growing table in two levels, copied on the first write.
///
///     branches [id >> 6] -> branch [id & 63] -> node
///
/// A branch and a node can be shared with other machines and with the boot image; the word that
/// refers to one says so, as in ``FrameDirectory``. A number that was given back is the next one
/// to be handed out.
struct NodeTable {
    static let branchShift: UInt32 = 6
    static let nodesPerBranch = 64
    private static let branchSize = nodesPerBranch * MemoryLayout<NodeWord>.stride

    fileprivate var branches: UnsafeMutablePointer<NodeWord>
    private var capacity: Int
    private var branchCount: Int
    /// One past the highest number ever in use.
    private(set) var end: UInt32
    /// The vacant number to use next; ``NodeTable/none`` if there is none below ``end``.
    private var firstVacant: UInt32
    /// How many nodes there are.
    private(set) var count: UInt32

    /// A number that names no node.
    static let none: UInt32 = .max

    /// An empty table.
    init() {
        capacity = 0
        branches = .allocate(capacity: 0)
        branchCount = 0
        end = 0
        firstVacant = Self.none
        count = 0
    }

    /// A table that reads the same as another and shares all of it.
    ///
    /// The other must be told (``markAllShared()``) before it writes again.
    init(sharing other: NodeTable) {
        self = other
        capacity = other.branchCount
        branches = .allocate(capacity: capacity)
        for index in 0..<branchCount {
            var word = other.branches[index]
            if !word.isBoot {
                SharedNode.retain(word.node)
                word.bits |= NodeWord.shared
            }
            (branches + index).initialize(to: word)
        }
    }

    /// The same nodes as a boot image's, without counting: the image must outlive the table.
    init(borrowing image: NodeTable) {
        self = image
        capacity = image.branchCount
        branches = .allocate(capacity: capacity)
        for index in 0..<branchCount {
            let word = NodeWord(image.branches[index].node, tag: NodeWord.boot)
            (branches + index).initialize(to: word)
        }
    }

    /// Gives back every node that no other table shares.
    func deallocate() {
        for index in 0..<branchCount where !branches[index].isBoot {
            Self.release(branches[index].node)
        }
        branches.deallocate()
    }
}

// MARK: - Reaching nodes

extension NodeTable {
    /// Whether a number names a node.
    func contains(_ id: UInt32) -> Bool { id < end && !word(id).isVacant }

    @inline(__always)
    fileprivate func word(_ id: UInt32) -> NodeWord {
        branches[Int(id >> Self.branchShift)].node.assumingMemoryBound(to: NodeWord.self)[
            Int(id) & (Self.nodesPerBranch - 1)]
    }

    /// Visits the numbers of all nodes, lowest first.
    func forEach(_ body: (UInt32) -> Void) {
        for id in 0..<end where !word(id).isVacant { body(id) }
    }
}

/// A table is reached through its address: no access copies it.
extension UnsafeMutablePointer<NodeTable> {
    /// The node for reading. There must be one of this number.
    @inline(__always)
    func readable(_ id: UInt32) -> UnsafeRawPointer {
        precondition(id < pointee.end)
        return UnsafeRawPointer(pointee.word(id).node)
    }

    /// The same for a number that the machine itself keeps, and so knows to name a node.
    @inline(__always)
    func readable(known id: UInt32) -> UnsafeRawPointer { UnsafeRawPointer(pointee.word(id).node) }

    /// The word of a node, by itself, or that of its branch if others share all of the branch; a
    /// word that is not owned if there is none of this number.
    @inline(__always)
    func node(orNone id: UInt32) -> NodeWord {
        _fastPath(id < pointee.end) ? node(known: id) : .nothing
    }

    /// The same for a number that the machine itself keeps, and so knows to name a node.
    @inline(__always)
    func node(known id: UInt32) -> NodeWord {
        let branch = pointee.branches[Int(id >> NodeTable.branchShift)]
        guard _fastPath(branch.isOwned) else { return branch }
        let words = branch.node.assumingMemoryBound(to: NodeWord.self)
        return words[Int(id) & (NodeTable.nodesPerBranch - 1)]
    }

    /// The node for writing; copies what is shared first. There must be one of this number.
    @inline(__always)
    func writable(_ id: UInt32) -> UnsafeMutableRawPointer {
        precondition(id < pointee.end)
        let branch = pointee.branches[Int(id >> NodeTable.branchShift)]
        if branch.isOwned {
            let words = branch.node.assumingMemoryBound(to: NodeWord.self)
            let word = words[Int(id) & (NodeTable.nodesPerBranch - 1)]
            if word.isOwned { return word.node }
        }
        return pointee.makeWritable(id)
    }
}

// MARK: - Adding and removing

extension NodeTable {
    /// Adds an all-zero node of `size` bytes.
    mutating func insert(size: Int) -> UInt32 {
        let id = firstVacant == Self.none ? end : firstVacant
        if id == end {
            if Int(end) == branchCount * Self.nodesPerBranch { addBranch() }
            end += 1
        }
        let slot = ownedSlot(id)
        if id == firstVacant { firstVacant = slot.pointee.nextVacant }
        let node = SharedNode.allocate(payloadSize: size)
        node.initializeMemory(as: UInt8.self, repeating: 0, count: size)
        slot.pointee = NodeWord(node)
        count += 1
        return id
    }

    /// Removes a node; its number is free for another.
    mutating func remove(_ id: UInt32) {
        let slot = ownedSlot(id)
        Self.releaseNode(slot.pointee)
        slot.pointee = NodeWord(vacantBefore: firstVacant)
        firstVacant = id
        count -= 1
    }

    private mutating func addBranch() {
        if branchCount == capacity {
            let larger = max(4, capacity * 2)
            let moved = UnsafeMutablePointer<NodeWord>.allocate(capacity: larger)
            moved.moveInitialize(from: branches, count: branchCount)
            branches.deallocate()
            (branches, capacity) = (moved, larger)
        }
        let branch = SharedNode.allocate(payloadSize: Self.branchSize)
        branch.bindMemory(to: NodeWord.self, capacity: Self.nodesPerBranch)
            .initialize(
                repeating: NodeWord(vacantBefore: Self.none), count: Self.nodesPerBranch)
        (branches + branchCount).initialize(to: NodeWord(branch))
        branchCount += 1
    }
}

// MARK: - Copying on write

extension NodeTable {
    /// After another table was made that shares this one: every branch is shared from now on.
    func markAllShared() {
        for index in 0..<branchCount where !branches[index].isBoot {
            branches[index].bits |= NodeWord.shared
        }
    }

    @inline(never)
    fileprivate func makeWritable(_ id: UInt32) -> UnsafeMutableRawPointer {
        let slot = ownedSlot(id)
        if !slot.pointee.isOwned { slot.pointee = Self.ownedNode(slot.pointee) }
        return slot.pointee.node
    }

    private func ownedSlot(_ id: UInt32) -> UnsafeMutablePointer<NodeWord> {
        let branch = branches + Int(id >> Self.branchShift)
        if !branch.pointee.isOwned { branch.pointee = Self.ownedBranch(branch.pointee) }
        return branch.pointee.node.assumingMemoryBound(to: NodeWord.self)
            + (Int(id) & (Self.nodesPerBranch - 1))
    }

    /// The branch itself if nobody else has it any more, or a copy that shares its nodes.
    private static func ownedBranch(_ word: NodeWord) -> NodeWord {
        let old = word.node.assumingMemoryBound(to: NodeWord.self)
        if !word.isBoot, SharedNode.isUnique(word.node) {
            for index in 0..<nodesPerBranch where old[index].isCounted {
                old[index].bits |= NodeWord.shared
            }
            return NodeWord(word.node)
        }
        let copy = SharedNode.allocate(payloadSize: branchSize)
        let words = copy.bindMemory(to: NodeWord.self, capacity: nodesPerBranch)
        for index in 0..<nodesPerBranch {
            var node = old[index]
            if word.isBoot, !node.isVacant {
                node = NodeWord(node.node, tag: NodeWord.boot)
            } else if node.isCounted {
                SharedNode.retain(node.node)
                node.bits |= NodeWord.shared
            }
            (words + index).initialize(to: node)
        }
        if !word.isBoot { release(word.node) }
        return NodeWord(copy)
    }

    private static func ownedNode(_ word: NodeWord) -> NodeWord {
        if !word.isBoot, SharedNode.isUnique(word.node) { return NodeWord(word.node) }
        let size = SharedNode.payloadSize(word.node)
        let copy = SharedNode.allocate(payloadSize: size)
        copy.copyMemory(from: word.node, byteCount: size)
        releaseNode(word)
        return NodeWord(copy)
    }

    private static func release(_ branch: UnsafeMutableRawPointer) {
        guard SharedNode.release(branch) else { return }
        let words = branch.assumingMemoryBound(to: NodeWord.self)
        for index in 0..<nodesPerBranch { releaseNode(words[index]) }
        SharedNode.deallocate(branch)
    }

    private static func releaseNode(_ word: NodeWord) {
        if word.isCounted, SharedNode.release(word.node) { SharedNode.deallocate(word.node) }
    }
}

extension NodeWord {
    /// Names nothing, and cannot be written.
    static var nothing: NodeWord { NodeWord(vacantBefore: NodeTable.none) }
    fileprivate static let vacant: UInt = 3

    /// A word for a number that names no node, and the vacant number after it.
    fileprivate init(vacantBefore next: UInt32) { bits = UInt(next) << 2 | Self.vacant }

    fileprivate var isVacant: Bool { bits & Self.vacant == Self.vacant }
    fileprivate var nextVacant: UInt32 { UInt32(truncatingIfNeeded: bits >> 2) }
    /// Whether the word holds one of the node's references.
    fileprivate var isCounted: Bool { !isVacant && !isBoot }
}
