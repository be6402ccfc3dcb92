import KernelMemory
import MicroHTTPD

extension Request {
    /// The cache that the first placeholder names, by one of its names or its `0x` address.
    ///
    /// - Throws: a problem if there is none.
    func cache(of machine: borrowing Machine) throws(Problem) -> CacheSnapshot {
        let text = parameter(0)
        let name = text.quoted
        if text.count > 2, text[0] == UInt8(ascii: "0"), text[1] == UInt8(ascii: "x"),
            let address = wholeNumber(text)
        {
            if let cache = machine.cache(at: VirtualAddress(address)) { return cache }
        } else if text.count <= CacheRequest.longestName,
            let cache = machine.cache(named: String(decoding: text, as: UTF8.self))
        {
            return cache
        }
        throw Problem(unknownCache: name, machine, .noSuchCache, at: .path("name"))
    }

    /// The second placeholder as an id or an address.
    func objectReference() throws(Problem) -> Reference { try Reference(self, placeholder: 1) }
}
