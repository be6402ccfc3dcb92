/// The Linux that is simulated.
public enum ModelledKernel {
    /// Its release, as `uname -r` says it.
    public static let release = "6.1.192"
}
