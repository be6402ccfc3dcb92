/// The names of a machine's caches, and which `struct kmem_cache` stands where.
struct CacheRegistry {
    /// The caches' numbers, oldest first. `slab_caches`, which the kernel keeps newest first.
    private(set) var order: [UInt32] = []
    private var names: [UInt32: String] = [:]
    private var numbers: [UInt64: UInt32] = [:]
    private var nameAddresses: [UInt64: UInt64] = [:]
    /// Names that were asked for and got another cache, which does as well.
    private(set) var aliases: [Alias] = []

    /// A cache that lives on in another.
    struct Alias: Hashable {
        var name: String
        var cache: UInt32
    }

    /// The cache whose `struct kmem_cache` stands at an address.
    func number(at address: UInt64) -> UInt32? { numbers[address] }

    /// A cache's name.
    func name(_ number: UInt32) -> String { names[number] ?? "" }

    /// The cache of a name, its own or one that was merged into it.
    func number(named name: String) -> UInt32? {
        order.last { names[$0] == name } ?? aliases.last { $0.name == name }?.cache
    }

    mutating func add(_ number: UInt32, name: String, address: UInt64) {
        order.append(number)
        names[number] = name
        numbers[address] = number
    }

    /// Remembers where the kernel keeps the name of a cache.
    mutating func noteName(at name: UInt64, of address: UInt64) { nameAddresses[address] = name }

    /// Where it does; 0 if in its own image.
    func nameAddress(of address: UInt64) -> UInt64 { nameAddresses[address] ?? 0 }

    mutating func addAlias(_ name: String, of number: UInt32) {
        aliases.append(Alias(name: name, cache: number))
    }

    /// Forgets the newest name that was merged into a cache.
    mutating func removeAlias(of number: UInt32) {
        if let index = aliases.lastIndex(where: { $0.cache == number }) {
            aliases.remove(at: index)
        }
    }

    mutating func remove(_ number: UInt32, address: UInt64) {
        order.removeAll { $0 == number }
        names[number] = nil
        numbers[address] = nil
        nameAddresses[address] = nil
    }
}
