/// What must hold of shrinkers and home-made lists, as long as owners keep the rules.
extension Core {
    /// The first thing that does not hold, in words; `nil` if all is well.
    ///
    /// An object that is marked unused, or kept on a home-made list, is somebody's; and no object is
    /// on two lists.
    func checkReclaim() -> String? {
        var seen: Set<UInt64> = []
        for shrinker in cold.reclaim.shrinkers {
            let name = cold.registry.name(shrinker.cache)
            if !cold.registry.order.contains(shrinker.cache) { return "a shrinker has no cache" }
            if shrinker.unused.count != shrinker.unused.objects.count {
                return "shrinker of \(name): nr_items is \(shrinker.unused.count)"
            }
            if shrinker.unused.objects.map(\.step) != shrinker.unused.objects.map(\.step).sorted() {
                return "shrinker of \(name): objects are not in the order of their marking"
            }
            for entry in shrinker.unused.objects {
                if !isLive(entry.address, of: shrinker.cache) {
                    return "shrinker of \(name): \(VirtualAddress(entry.address)) is not in use"
                }
                if !seen.insert(entry.address).inserted {
                    return "\(VirtualAddress(entry.address)) is on two lists"
                }
            }
        }
        return checkFreeLists(&seen)
    }

    private func checkFreeLists(_ seen: inout Set<UInt64>) -> String? {
        let stored = cold.reclaim.freeLists.reduce(0) { $0 + $1.objects.count }
        if stored != cold.reclaim.stored.count { return "home-made lists: \(stored) objects" }
        for list in cold.reclaim.freeLists {
            for object in list.objects {
                guard let place = objectPlace(of: object),
                    readSlab(place.slab).record(place.index).pointee.isLive
                else { return "list \(list.name): \(VirtualAddress(object)) is not in use" }
                if !seen.insert(object).inserted {
                    return "\(VirtualAddress(object)) is on two lists"
                }
            }
        }
        return nil
    }
}
