/// What is wrong with a page of LMDB's file.
struct PageDamage: Error {
    let page: UInt64
    let reason: StaticString
}

extension PageDamage: CustomStringConvertible {
    /// Says where, and what, for the end of a sentence.
    var description: String { "page \(page) of data.mdb is damaged, \(reason)" }
}
