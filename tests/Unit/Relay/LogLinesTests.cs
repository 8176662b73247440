using System.Text;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class LogLinesTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly CountingStream _output = new();

    [Fact]
    public void Lines_of_a_moment_leave_in_one_write_and_in_order()
    {
        using var lines = new LogLines(_output, _time);
        lines.Add("one\n", isUrgent: false);
        lines.Add("two\n", isUrgent: false);
        Assert.Equal(0, _output.Writes);

        _time.Advance(LogLines.Delay);

        Assert.Equal(("one\ntwo\n", 1), (_output.Text, _output.Writes));
    }

    [Fact]
    public void Later_lines_wait_for_the_next_write()
    {
        using var lines = new LogLines(_output, _time);
        lines.Add("one\n", isUrgent: false);
        _time.Advance(LogLines.Delay);
        lines.Add("two\n", isUrgent: false);
        Assert.Equal("one\n", _output.Text);

        _time.Advance(LogLines.Delay);

        Assert.Equal("one\ntwo\n", _output.Text);
    }

    [Fact]
    public void An_urgent_line_takes_those_before_it_along_at_once()
    {
        using var lines = new LogLines(_output, _time);
        lines.Add("one\n", isUrgent: false);
        lines.Add("alarm\n", isUrgent: true);

        _time.Advance(TimeSpan.Zero);

        Assert.Equal("one\nalarm\n", _output.Text);
    }

    [Fact]
    public void Who_fills_the_bound_writes()
    {
        using var lines = new LogLines(_output, _time);
        var line = new string('x', 1023) + "\n";
        for (var i = 0; i < LogLines.MaxGathered / line.Length; i++)
        {
            Assert.Equal(0, _output.Writes);
            lines.Add(line, isUrgent: false);
        }

        Assert.Equal(1, _output.Writes);
        Assert.Equal(LogLines.MaxGathered, _output.Text.Length);
    }

    [Fact]
    public void The_end_writes_what_is_left_and_later_lines_at_once()
    {
        var lines = new LogLines(_output, _time);
        lines.Add("one\n", isUrgent: false);
        lines.Dispose();
        Assert.Equal("one\n", _output.Text);

        lines.Add("two\n", isUrgent: false);

        Assert.Equal("one\ntwo\n", _output.Text);
    }

    [Fact]
    public void A_stream_that_takes_nothing_stops_nobody()
    {
        using var lines = new LogLines(_output, _time);
        _output.IsBroken = true;
        lines.Add("lost\n", isUrgent: false);
        _time.Advance(LogLines.Delay);
        _output.IsBroken = false;
        lines.Add("kept\n", isUrgent: false);
        _time.Advance(LogLines.Delay);

        Assert.Equal("kept\n", _output.Text);
    }

    private sealed class CountingStream : MemoryStream
    {
        public int Writes { get; private set; }

        public bool IsBroken { get; set; }

        public string Text => Encoding.UTF8.GetString(ToArray());

        public override void Write(byte[] buffer, int offset, int count)
        {
            if (IsBroken)
            {
                throw new IOException("as asked");
            }

            Writes++;
            base.Write(buffer, offset, count);
        }
    }
}
