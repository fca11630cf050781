import Glibc

exit(await Martlet.run(Array(CommandLine.arguments.dropFirst())).rawValue)
