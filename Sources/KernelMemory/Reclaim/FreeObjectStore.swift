/// A list of free objects that its owner keeps for himself, as drivers did before there were caches.
///
/// Objects come from kmalloc and never go back. To the kernel all of them are in use, whether their
/// owner needs them or not: this is what the article means by a lack of global control.
struct FreeObjectStore {
    /// What its owner calls it.
    let name: String
    /// Bytes of an object.
    let size: UInt32
    /// Free objects; the last is handed out next.
    var objects: [UInt64] = []
    /// Objects that were handed out.
    var gets = 0
    /// Those of them for which kmalloc was not needed.
    var hits = 0

    /// Lists that a machine may have.
    static let limit = 1_000
}

extension Core {
    /// Starts a list.
    ///
    /// - Returns: its number, from 1 on; 0 if kmalloc has no cache for objects of this size, or if
    ///   there are too many lists.
    func createFreeList(_ name: String, size: UInt32) -> Int {
        guard size > 0, size <= KMallocSizes.largest,
            cold.reclaim.freeLists.count < FreeObjectStore.limit
        else { return 0 }
        cold.reclaim.freeLists.append(FreeObjectStore(name: name, size: size))
        return cold.reclaim.freeLists.count
    }

    /// Takes an object from a list, or from kmalloc if the list is empty.
    ///
    /// - Returns: its address; 0 if there is no memory.
    func getFromFreeList(_ list: UInt32, _ gfp: GFPFlags) -> UInt64 {
        guard let index = freeListIndex(list) else { return 0 }
        let size = cold.reclaim.freeLists[index].size
        guard let object = cold.reclaim.freeLists[index].objects.popLast() else {
            let object = kmalloc(UInt64(size), gfp)
            if object != 0 { cold.reclaim.freeLists[index].gets += 1 }
            return object
        }
        cold.reclaim.freeLists[index].gets += 1
        cold.reclaim.freeLists[index].hits += 1
        cold.reclaim.stored.remove(object)
        if let place = objectPlace(of: object), readRecord(place).isLive {
            slab(place.slab).record(place.index).pointee.own(
                requested: size, step: control.pointee.step)
        } else {
            noteWronglyStored(object)
        }
        return object
    }

    /// Puts an object on a list; does nothing for NULL.
    ///
    /// Nobody checks what it is. The simulator records what is no live object, or too small, or on
    /// a list already.
    func putOnFreeList(_ list: UInt32, _ object: UInt64) {
        guard let index = freeListIndex(list), object != 0 else { return }
        guard directFrame(object) != nil else {
            noteMisuse(.wildPointer, at: object)
            return oopsOnAccess(to: object, isWrite: true)
        }
        let place = objectPlace(of: object)
        let isSound = place.map { place in
            let cache = readSlab(place.slab).pointee.cache
            return readRecord(place).isLive
                && readCache(cache).pointee.geometry.size >= cold.reclaim.freeLists[index].size
        }
        if isSound != true || cold.reclaim.stored.contains(object) { noteWronglyStored(object) }
        cold.reclaim.stored.insert(object)
        cold.reclaim.freeLists[index].objects.append(object)
    }

    private func readRecord(_ place: ObjectPlace) -> ObjectRecord {
        readSlab(place.slab).record(place.index).pointee
    }

    private func noteWronglyStored(_ object: UInt64) {
        noteMisuse(.wronglyStored, at: object, objectPlace(of: object))
        markCorrupted()
    }

    /// A list by its number; what is none makes the kernel follow a wild pointer.
    private func freeListIndex(_ list: UInt32) -> Int? {
        let index = Int(list) - 1
        if cold.reclaim.freeLists.indices.contains(index) { return index }
        followWildPointer(to: UInt64(list), order: 0)
        return nil
    }
}
