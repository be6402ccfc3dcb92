import KernelMemory
import MicroHTTPD

extension Request {
    /// The number of the cache that the first placeholder names: by one of its names or, if no
    /// cache has such a name, by its `0x` address.
    ///
    /// - Throws: a problem if there is none.
    func cache(of machine: borrowing Machine) throws(Problem) -> UInt32 {
        let text = parameter(0)
        if text.count <= CacheRequest.longestName,
            let cache = machine.cacheNumber(named: String(decoding: text, as: UTF8.self))
        {
            return cache
        }
        if let address = hexadecimalNumber(text),
            let cache = machine.cacheNumber(at: VirtualAddress(address))
        {
            return cache
        }
        throw Problem(unknownCache: text.quoted, machine, .noSuchCache, at: .path("name"))
    }

    /// The second placeholder as an id or an address.
    func objectReference() throws(Problem) -> Reference { try Reference(self, placeholder: 1) }
}
