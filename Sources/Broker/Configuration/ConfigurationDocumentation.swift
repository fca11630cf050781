/// The two pages that are made from the lists of settings.
enum ConfigurationDocumentation {
    /// `Documentation/martletd.example.toml`: every key with its default, commented out.
    static var exampleFile: String {
        var text = """
            # The configuration of martletd, with every key and its default.
            # Try a changed file with: martletd --config FILE --check-config

            """
        for (table, settings) in tables {
            text += table.map { "\n[\($0)]\n" } ?? ""
            for setting in settings { text += example(setting, of: BrokerConfiguration()) }
        }
        text += "\n# Repeat this table for each address. Without any, martletd listens on 127.0.0.1:1883.\n[[listener]]\n"
        for setting in ListenerSettings.all { text += example(setting, of: ListenerConfiguration()) }
        return text
    }

    /// `Documentation/Configuration.md`: the same as tables.
    static var page: String {
        var text = """
            # Configuration

            `martletd --config FILE` reads a TOML file; `Documentation/martletd.example.toml` is one with every key. The command
            line wins over the file, the file over the defaults; `martletd --print-config` shows every effective value with its
            origin. An unknown key, a wrong type or an impossible value is an error: `martletd` says all of them and ends with
            status 2.

            A size is a number of bytes or a text such as `"64MiB"`. Its units: `KiB` is 1024 bytes, `MiB` 1024 KiB, `GiB` 1024 MiB,
            `TiB` 1024 GiB; `kB` (or `KB`) is 1000 bytes, `MB` 1000 kB, `GB` 1000 MB; `B` is one byte. A time is a number of seconds
            or a text such as `"30s"`, `"5m"`, `"12h"` or `"7d"`. A number before a unit is whole, and `"1mib"` is no `"1MiB"`.

            SIGHUP reads the file again. What a change needs is in the last column: *live* changes hold at once, others *for new
            connections* or *after a restart*. A file with errors changes nothing.

            """
        for (table, settings) in tables {
            text += "\n## " + (table.map { "`[\($0)]`" } ?? "At the top of the file") + "\n\n"
            text += Self.table(settings, of: BrokerConfiguration())
        }
        text += "\n## `[[listener]]`\n\nOne table for each address. Without any, martletd listens on 127.0.0.1:1883.\n\n"
        text += Self.table(ListenerSettings.all, of: ListenerConfiguration())
        return text
    }

    private static var tables: [(table: String?, settings: [Setting<BrokerConfiguration>])] {
        ([nil] + ConfigurationKeys.tables).map { table in
            (table, BrokerSettings.all.filter { ConfigurationKeys.table(of: $0.key) == table })
        }
    }

    private static func example<Target>(_ setting: Setting<Target>, of target: Target) -> String {
        let comment = "\(setting.documentation) Accepts \(setting.kind.expectation). A change is \(setting.change.description)."
        let lines = wrapped(comment, width: 116).map { "# \($0)\n" }.joined()
        return "\n\(lines)#\(ConfigurationKeys.name(of: setting.key)) = \(setting.kind.toml(setting.example ?? setting.read(target)))\n"
    }

    private static func table<Target>(_ settings: [Setting<Target>], of target: Target) -> String {
        let rows = settings.map { setting in
            let cells = [
                "`\(ConfigurationKeys.name(of: setting.key))`",
                setting.example == nil ? "`\(setting.kind.toml(setting.read(target)))`" : "the machine's",
                setting.documentation, setting.kind.expectation, setting.change.description,
            ]
            return "| " + cells.joined(separator: " | ") + " |\n"
        }
        return "| Key | Default | Meaning | Accepts | A change is |\n|---|---|---|---|---|\n" + rows.joined()
    }

    private static func wrapped(_ text: String, width: Int) -> [String] {
        text.split(separator: " ").reduce(into: []) { lines, word in
            if let last = lines.last, last.count + word.count < width {
                lines[lines.count - 1] += " \(word)"
            } else {
                lines.append(String(word))
            }
        }
    }
}
