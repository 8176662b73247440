using System.Buffers;
using BenchmarkDotNet.Attributes;
using Relay.Smtp;

namespace Relay.Bench.Micro;

/// <summary>The line loop: bytes to lines to commands.</summary>
[MemoryDiagnoser]
public class CommandBenchmarks
{
    private const int MaxLine = 2048;

    [Benchmark]
    public int Lines()
    {
        var reader = new SmtpLineReader();
        var buffer = new ReadOnlySequence<byte>(Sample.Commands);
        var lines = 0;
        while (reader.TryRead(ref buffer, MaxLine, out _) == LineStatus.Line)
        {
            lines++;
        }

        return lines;
    }

    [Benchmark]
    public int LinesAndCommands()
    {
        var reader = new SmtpLineReader();
        var buffer = new ReadOnlySequence<byte>(Sample.Commands);
        var wellFormed = 0;
        while (reader.TryRead(ref buffer, MaxLine, out var line) == LineStatus.Line)
        {
            wellFormed += SmtpCommandParser.Parse(line.FirstSpan).Error is null ? 1 : 0;
        }

        return wellFormed;
    }
}
