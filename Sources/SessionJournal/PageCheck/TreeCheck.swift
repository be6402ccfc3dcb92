/// Visits every page that the trees of LMDB's file refer to, and checks that LMDB can work with it.
///
/// LMDB believes what it reads: an offset, a size or a page number that is wrong ends the process. What
/// passes here is as LMDB writes it but for the bytes of the values, which have check values of their own:
///
/// - A page has its own number, and one place in one tree, or it is free.
/// - Nodes lie behind one another without gaps, from `upper` to the page's end.
/// - Keys have the size of their tree's, rise, and lie between those of the branch above.
/// - All leaves are as deep as the tree is said to be.
struct TreeCheck: ~Copyable {
    private let file: UnsafeRawPointer
    private let pageSize: Int
    private let pageCount: Int
    /// The last transaction.
    private let transaction: UInt64
    /// Pages that have a place already.
    private var placed: PageSet
    /// Where nodes start in the page that is looked at, one bit for two bytes.
    private var starts: [UInt64]

    /// - Parameter file: its first bytes, as many as the pages up to the last one have.
    init(_ file: UnsafeRawPointer, _ meta: MetaPage) {
        self.file = file
        pageSize = meta.pageSize
        pageCount = Int(meta.lastPage) + 1
        transaction = meta.transaction
        placed = PageSet(count: pageCount)
        starts = Array(repeating: 0, count: meta.pageSize / 128)
        for meta in 0..<2 { _ = placed.insert(meta) }
    }

    /// Checks a whole tree.
    ///
    /// - Complexity: O(nodes).
    mutating func check(_ tree: MetaPage.Tree, _ rules: TreeRules) throws(PageDamage) {
        if tree.root == MetaPage.Tree.noPage {
            if tree.depth != 0 {
                throw PageDamage(page: 0, reason: "a tree without a root is deep")
            }
            return
        }
        guard (1...Self.deepest).contains(Int(tree.depth)) else {
            throw PageDamage(page: 0, reason: "a tree is deeper than can be")
        }
        try visit(tree.root, Int(tree.depth) - 1, rules, TreeKey(high: 0, low: 0), nil)
    }

    /// Levels that LMDB can go down.
    private static let deepest = 31

    /// Checks a page and all below it.
    ///
    /// - Parameters:
    ///   - level: levels below it.
    ///   - least: the least key that it may have.
    ///   - end: what all its keys are below; `nil` if they may be any.
    private mutating func visit(
        _ number: UInt64, _ level: Int, _ rules: TreeRules, _ least: TreeKey, _ end: TreeKey?
    ) throws(PageDamage) {
        let page = try place(number)
        let flags = level == 0 ? PageBytes.leaf : PageBytes.branch
        guard page.flags == flags else {
            throw PageDamage(page: number, reason: "it is of another kind")
        }
        let count = try nodeCount(page, isLeaf: level == 0)
        if level == 0 { return try visitLeaf(page, count, rules, least, end) }
        guard count >= rules.leastChildren else {
            throw PageDamage(page: number, reason: "a branch has one child")
        }
        var key = least
        for index in 0..<count {
            let next = index + 1 < count ? try separator(page, index + 1, rules) : end
            if let next {
                guard key < next, end.map({ next <= $0 }) ?? true else {
                    throw PageDamage(page: number, reason: "its keys do not rise")
                }
            }
            try visit(page.node(at: page.offset(index)).child, level - 1, rules, key, next)
            key = next ?? key
        }
    }

    /// The key in a branch before which a child's lie.
    private func separator(
        _ page: PageBytes, _ index: Int, _ rules: TreeRules
    ) throws(PageDamage) -> TreeKey {
        let node = page.node(at: page.offset(index))
        guard node.keySize == rules.keySize else {
            throw PageDamage(page: page.number, reason: "a key has another size")
        }
        return rules.key(at: node.key)
    }

    private mutating func visitLeaf(
        _ page: PageBytes, _ count: Int, _ rules: TreeRules, _ least: TreeKey, _ end: TreeKey?
    ) throws(PageDamage) {
        var least = least
        for index in 0..<count {
            let node = page.node(at: page.offset(index))
            guard node.keySize == rules.keySize else {
                throw PageDamage(page: page.number, reason: "a key has another size")
            }
            let key = rules.key(at: node.key)
            guard index == 0 ? least <= key : least < key, end.map({ key < $0 }) ?? true else {
                throw PageDamage(page: page.number, reason: "its keys do not rise")
            }
            least = key
            if node.flags != 0 || rules == .free { try visitValue(node, page, rules) }
        }
    }
}

// MARK: - Pages

extension TreeCheck {
    /// Gives a page its one place.
    private mutating func place(_ number: UInt64) throws(PageDamage) -> PageBytes {
        guard number < UInt64(pageCount) else {
            throw PageDamage(page: number, reason: "it is behind the last one")
        }
        guard placed.insert(Int(number)) else {
            throw PageDamage(page: number, reason: "it has two places")
        }
        let page = PageBytes(start: file + Int(number) * pageSize)
        guard page.number == number else {
            throw PageDamage(page: number, reason: "it has another number")
        }
        return page
    }

    /// Counts the nodes of a page, which must lie behind one another up to its end.
    private mutating func nodeCount(
        _ page: PageBytes, isLeaf: Bool
    ) throws(PageDamage) -> Int {
        let (lower, upper) = (page.lower, page.upper)
        guard lower > PageBytes.headerSize, lower <= upper, upper < pageSize,
            (lower | upper) & 1 == 0
        else { throw PageDamage(page: page.number, reason: "its header is wrong") }
        let count = (lower - PageBytes.headerSize) / 2
        for word in starts.indices { starts[word] = 0 }
        for index in 0..<count {
            let offset = page.offset(index)
            guard offset & 1 == 0, offset >= upper, offset <= pageSize - NodeBytes.headerSize,
                markStart(offset)
            else { throw PageDamage(page: page.number, reason: "a node is where none can be") }
        }
        guard tiles(page, from: upper, isLeaf: isLeaf) == count else {
            throw PageDamage(page: page.number, reason: "a node has a wrong size")
        }
        return count
    }

    /// Goes from node to node.
    ///
    /// - Returns: how many there are up to the page's end; 0 if that is not where the last one ends.
    private func tiles(_ page: PageBytes, from upper: Int, isLeaf: Bool) -> Int {
        // As much as LMDB puts into a page.
        let largest = ((pageSize - PageBytes.headerSize) / 2 & ~1) - 2
        var (offset, count) = (upper, 0)
        while offset < pageSize {
            guard offset <= pageSize - NodeBytes.headerSize, isStart(offset) else { return 0 }
            let node = page.node(at: offset)
            let size = isLeaf ? node.leafSize : node.branchSize
            guard size <= largest else { return 0 }
            offset += size
            count += 1
        }
        return offset == pageSize ? count : 0
    }

    /// - Returns: whether no node started there yet.
    @inline(__always)
    private mutating func markStart(_ offset: Int) -> Bool {
        let bit: UInt64 = 1 << UInt64(offset >> 1 & 63)
        let isNew = starts[offset >> 7] & bit == 0
        starts[offset >> 7] |= bit
        return isNew
    }

    @inline(__always)
    private func isStart(_ offset: Int) -> Bool {
        offset & 1 == 0 && starts[offset >> 7] >> UInt64(offset >> 1 & 63) & 1 == 1
    }
}

// MARK: - Values

extension TreeCheck {
    /// Checks a value that is elsewhere, and one that is a list of free pages.
    private mutating func visitValue(
        _ node: NodeBytes, _ page: PageBytes, _ rules: TreeRules
    ) throws(PageDamage) {
        var value = node.value(behind: rules.keySize)
        switch node.flags {
        case 0: break
        case NodeBytes.isElsewhere:
            value = try chain(value.loadUnaligned(as: UInt64.self), holding: node.valueSize)
        default: throw PageDamage(page: page.number, reason: "a node is of another kind")
        }
        guard rules == .free else { return }
        guard rules.key(at: node.key).high <= transaction else {
            throw PageDamage(page: page.number, reason: "it was written by no transaction yet")
        }
        guard try visitFreePages(value, node.valueSize) else {
            throw PageDamage(page: page.number, reason: "its list of free pages is wrong")
        }
    }

    /// Checks an overflow chain.
    ///
    /// - Returns: where its value is.
    private mutating func chain(
        _ number: UInt64, holding size: Int
    ) throws(PageDamage) -> UnsafeRawPointer {
        let page = try place(number)
        let needed = (PageBytes.headerSize - 1 + size) / pageSize + 1
        let end = number + page.chainLength
        guard page.flags == PageBytes.overflow, page.chainLength >= UInt64(needed),
            end <= UInt64(pageCount)
        else { throw PageDamage(page: number, reason: "it does not hold a value") }
        for other in number + 1..<end {
            guard placed.insert(Int(other)) else {
                throw PageDamage(page: other, reason: "it has two places")
            }
        }
        return page.start + PageBytes.headerSize
    }

    /// Gives free pages their one place: a count, then their numbers, which fall.
    private mutating func visitFreePages(
        _ list: UnsafeRawPointer, _ size: Int
    ) throws(PageDamage) -> Bool {
        guard size >= 8, size % 8 == 0 else { return false }
        let count = list.loadUnaligned(as: UInt64.self)
        guard count <= UInt64(size / 8 - 1) else { return false }
        var last = UInt64(pageCount)
        for index in 0..<Int(count) {
            let page = list.loadUnaligned(fromByteOffset: 8 + 8 * index, as: UInt64.self)
            guard page < last else { return false }
            guard placed.insert(Int(page)) else {
                throw PageDamage(page: page, reason: "it is free and has a place")
            }
            last = page
        }
        return true
    }
}
