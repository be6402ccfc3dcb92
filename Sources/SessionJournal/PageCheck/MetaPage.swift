/// One of the two pages of LMDB's file that say where its trees are; the newer one counts.
///
/// Behind the page's header. The corresponding C types are `MDB_meta` and `MDB_db`.
struct MetaPage {
    /// A tree: where its root is, and how deep it is.
    struct Tree {
        let flags: UInt16
        let depth: UInt16
        /// The root's page; ``noPage`` if the tree is empty.
        let root: UInt64

        static let noPage = UInt64.max

        fileprivate init(_ page: PageBytes, at offset: Int) {
            flags = page.read(offset + 4)
            depth = page.read(offset + 6)
            root = page.read(offset + 40)
        }
    }

    let pageSize: Int
    /// The tree of pages that are free, and that of what is stored.
    let free: Tree
    let main: Tree
    let lastPage: UInt64
    /// The number of the transaction that wrote it.
    let transaction: UInt64

    /// Bytes of the page that are read.
    static let size = 152
    private static let magic: UInt32 = 0xbeef_c0de
    private static let version: UInt32 = 1

    /// - Parameter number: whether it is the first or the second, 0 or 1.
    /// - Returns: `nil` if the page is none.
    init?(_ page: PageBytes, number: UInt64) {
        guard page.number == number, page.flags == PageBytes.meta,
            page.read(16) == Self.magic, page.read(20) == Self.version
        else { return nil }
        let size = page.read(40) as UInt32
        guard size.nonzeroBitCount == 1, (512...32_768).contains(size) else { return nil }
        pageSize = Int(size)
        free = Tree(page, at: 40)
        main = Tree(page, at: 88)
        lastPage = page.read(136)
        transaction = page.read(144)
        // Transactions write them in turns.
        guard transaction == 0 || transaction & 1 == number else { return nil }
    }
}
