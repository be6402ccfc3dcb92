@main struct KMemLab { static func main() {} }
