/// Explanations of what went wrong with objects that can be reclaimed and with home-made lists.
extension Misuse {
    var reclaimExplanation: String {
        switch code {
        case .wronglyUnused:
            "An object was marked unused that is not one of the cache's objects in use. A shrinker "
                + "will free it all the same, and then somebody else's memory, or memory that is "
                + "free already, is handed out again."
        case .noShrinker:
            "An object was marked unused, but no shrinker is registered for its cache: the kernel "
                + "has no list for it and will never take it back."
        case .usedAfterReclaim:
            "The object was allocated at step \(allocatedAtStep ?? 0) and marked unused, and a "
                + "shrinker freed it at step \(freedAtStep ?? 0). Ask list_lru_del before using an "
                + "unused object again: 0 means that it is gone."
        case .freedWhileUnused:
            "An object was freed while it was still marked unused, and now a shrinker freed it "
                + "again. Take it off with list_lru_del before freeing it. If somebody else had "
                + "got it in between, it was taken from them."
        case .wronglyStored: storedText
        default: ""
        }
    }

    private var storedText: String {
        let first = "A home-made list holds an object that "
        let last = " Nobody checks what such a list is given: its next owner shares the memory."
        if let freedAtStep { return first + "was freed at step \(freedAtStep)." + last }
        return first + "is on a list already, too small, or not from kmalloc." + last
    }
}
