/// What the one who writes keeps from transaction to transaction.
struct WriterState: ~Copyable {
    var reserve = DiskReserve()
    var heads = KnownHeads()
    /// Where records are written before they go to the database.
    var record = RecordWriter()
}
