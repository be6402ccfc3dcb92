import KernelMemory

/// The pages that browsers get: plain HTML, styled by the site's own files, without scripts.
enum GuidePage {
    /// The page of one code.
    static func text(of code: DocumentedCode) -> String {
        let explanation = code.explanation
        var body = """
            <h1>\(escaped(code.title))</h1>
            <p><code>\(code.text)</code> <span class="tag">\(tag(of: code))</span></p>
            <h2>What happened</h2>
            <p>\(prose(explanation.cause))</p>
            <h2>What it leads to</h2>
            <p>\(prose(explanation.consequence))</p>
            <h2>What to do instead</h2>
            <p>\(prose(explanation.cure))</p>

            """
        if case .misuse(let misuse) = code { body += kernel(misuse.guide) }
        body += "<h2>See also</h2>\n" + list(code.see)
        return page(title: code.title, body)
    }

    /// The page that lists all codes.
    static var index: String {
        let misuses = DocumentedCode.all.filter { if case .misuse = $0 { true } else { false } }
        let requests = DocumentedCode.all.filter { if case .request = $0 { true } else { false } }
        return page(
            title: "Codes",
            """
            <h1>Codes and what they mean</h1>
            <h2>Rules of the kernel that a call broke</h2>
            <p>The kernel notices few of them. The simulator does, and says so in the answer's \
            <code>misuse</code> and in <code>/report</code>. How bad each is: \
            <b>corruption</b> damages memory or what the kernel knows of it, a <b>consequence</b> is \
            the damage of an earlier call, a <b>leak</b> loses memory, a <b>crash</b> ends the machine \
            at once, <b>context</b> is the wrong place for a call, a <b>warning</b> does no harm \
            today.</p>
            \(list(misuses))\
            <h2>Requests that were refused</h2>
            <p>The last part of a problem's <code>type</code>, with its HTTP status.</p>
            \(list(requests))
            """)
    }

    private static func kernel(_ guide: MisuseGuide) -> String {
        """
        <h2>What the kernel does</h2>
        <dl>
        <dt>Plain</dt><dd>\(prose(guide.plain))</dd>
        <dt>With its checks on (<code>"debug": true</code>)</dt><dd>\(prose(guide.checking))</dd>
        </dl>
        <h2>To see it</h2>
        <p>On an <code>\(MisuseGuide.Example.machine)</code> machine that has just booted\
        \(guide.example.debug ? " with its checks on" : "")\
        \(guide.example.cpus > 1 ? ", with \(guide.example.cpus) CPUs" : ""), one after the other with \
        <code>POST /calls</code>:</p>
        <pre tabindex="0" aria-label="Calls">\(escaped(lines(of: guide.example)))</pre>

        """
    }

    /// The calls as in C, those that are repeated once.
    private static func lines(of example: MisuseGuide.Example) -> String {
        var lines: [(call: String, count: Int)] = []
        for call in example.calls {
            if lines.last?.call == call, example.calls.count > 5 {
                lines[lines.count - 1].count += 1
            } else {
                lines.append((call, 1))
            }
        }
        var texts = lines.map { "\($0.call);" + ($0.count > 1 ? "  // \($0.count) times" : "") }
        if let transfer = example.transfer {
            let address = VirtualAddress(transfer.address)
            texts.append(
                #"POST /dma {"address": "\#(address)", "length": \#(transfer.lengthInBytes)}"#)
        }
        return texts.joined(separator: "\n")
    }

    private static func list(_ codes: [DocumentedCode]) -> String {
        let items = codes.map { code in
            """
            <li><a href="\(code.path)"><code>\(code.text)</code></a> \
            <span class="tag">\(tag(of: code))</span> <span>\(escaped(code.title))</span></li>

            """
        }
        return "<ul class=\"codes\">\n\(items.joined())</ul>\n"
    }

    /// How bad a misuse is, or a problem's status.
    private static func tag(of code: DocumentedCode) -> String {
        switch code {
        case .misuse(let misuse): misuse.severity
        case .request(let kind): "\(kind.status)"
        }
    }

    private static func page(title: String, _ body: String) -> String {
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>\(escaped(title)): kmemlab</title>
        <meta name="color-scheme" content="light dark">
        <link rel="icon" href="/icon.svg" type="image/svg+xml">
        <link rel="stylesheet" href="/styles/base.css">
        <link rel="stylesheet" href="/styles/guide.css">
        </head>
        <body>
        <nav aria-label="Site"><a href="/">kmemlab</a> <a href="/problems">All codes</a></nav>
        <main>
        \(body)</main>
        </body>
        </html>

        """
    }

    /// A text with what the kernel prints, which stands between quotation marks, set as such.
    private static func prose(_ text: String) -> String {
        text.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
            .map { index, part in
                let part = escaped(String(part))
                return index % 2 == 1 ? "<code>\(part)</code>" : part
            }.joined()
    }

    private static func escaped(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            default: result.append(character)
            }
        }
        return result
    }
}
