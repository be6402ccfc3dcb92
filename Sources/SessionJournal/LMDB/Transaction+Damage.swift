extension Transaction {
    /// Writes a call that was damaged before it came here, so that its session is refused and no other.
    ///
    /// - Throws: ``JournalError/damaged(path:reason:)`` if it cannot be told whose call it is, since its key
    ///   may be what is damaged.
    borrowing func put(
        damaged record: UnsafeRawBufferPointer, under key: JournalKey
    ) throws(JournalError) {
        if let there = try value(key) {
            // It was here before, and the process was killed before it forgot it there.
            if record.isDamagedCopy(of: there) { return }
        } else if key.isCall, try value(JournalKey(key.session, JournalKey.start)) != nil {
            return try put(key, record)
        }
        throw RecentRecords.damaged(environment.path, "has a record that belongs to no session")
    }
}

extension UnsafeRawBufferPointer {
    /// Whether a record differs from another one in its content only, or in its check value only.
    fileprivate func isDamagedCopy(of other: UnsafeRawBufferPointer) -> Bool {
        guard count == other.count else { return false }
        return suffix(4).elementsEqual(other.suffix(4))
            || dropLast(4).elementsEqual(other.dropLast(4))
    }
}
