let words = Array(CommandLine.arguments.dropFirst())
Interruptions.run { interruptions in await Martlet.run(words, interruptions) }
