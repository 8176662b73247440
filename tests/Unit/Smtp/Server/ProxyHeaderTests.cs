using System.Buffers;
using System.Text;
using Relay.Smtp.Server;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class ProxyHeaderTests
{
    private const string Signature = "\r\n\r\n\0\r\nQUIT\n";

    [Theory]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.2 40000 25\r\n", "192.0.2.1:40000", "198.51.100.2:25")]
    [InlineData("PROXY TCP6 2001:db8::1 2001:db8::2 1 65535\r\n", "[2001:db8::1]:1", "[2001:db8::2]:65535")]
    [InlineData("PROXY UNKNOWN\r\n", null, null)]
    [InlineData("PROXY UNKNOWN ffff::1 nonsense 1 2\r\n", null, null)]
    [InlineData(Signature + "\x21\x11\0\x0c\xc0\0\x02\x01\xc6\x33\x64\x02\x9c\x40\0\x19", "192.0.2.1:40000", "198.51.100.2:25")]
    [InlineData(Signature + "\x21\x11\0\x0f\xc0\0\x02\x01\xc6\x33\x64\x02\x9c\x40\0\x19\x04\0\0", "192.0.2.1:40000", "198.51.100.2:25")]
    [InlineData(Signature + "\x20\0\0\0", null, null)]
    [InlineData(Signature + "\x21\x31\0\u0002ab", null, null)]
    public void Reads_who_the_client_is_and_leaves_what_follows(string header, string? client, string? server)
    {
        var buffer = new ReadOnlySequence<byte>(Encoding.Latin1.GetBytes(header + "EHLO x"));

        Assert.Equal(ProxyHeaderStatus.Complete, ProxyHeader.TryRead(ref buffer, out var read));
        Assert.Equal((client, server), (read.Client?.ToString(), read.Server?.ToString()));
        Assert.Equal("EHLO x", Encoding.Latin1.GetString(buffer));
    }

    [Theory]
    [InlineData("EHLO client.example\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.2 40000\r\n")]
    [InlineData("PROXY TCP4 2001:db8::1 198.51.100.2 40000 25\r\n")]
    [InlineData("PROXY TCP4 1 198.51.100.2 40000 25\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.2 65536 25\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.2 -1 25\r\n")]
    [InlineData("PROXY TCP5 192.0.2.1 198.51.100.2 1 25\r\n")]
    [InlineData("PROXY \r\n")]
    [InlineData(Signature + "\x11\x11\0\0")]
    [InlineData(Signature + "\x22\x11\0\0")]
    [InlineData(Signature + "\x21\x11\0\u0002ab")]
    [InlineData(Signature + "\x21\x11\xff\xff")]
    public void Refuses_what_is_no_header(string text)
    {
        var buffer = new ReadOnlySequence<byte>(Encoding.Latin1.GetBytes(text));

        Assert.Equal(ProxyHeaderStatus.Invalid, ProxyHeader.TryRead(ref buffer, out _));
    }

    [Fact]
    public void Does_not_wait_for_the_end_of_an_endless_line()
    {
        var buffer = new ReadOnlySequence<byte>(Encoding.ASCII.GetBytes("PROXY TCP4 " + new string('1', 200)));

        Assert.Equal(ProxyHeaderStatus.Invalid, ProxyHeader.TryRead(ref buffer, out _));
    }

    [Theory]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.2 40000 25\r\n")]
    [InlineData(Signature + "\x21\x11\0\x0c\xc0\0\x02\x01\xc6\x33\x64\x02\x9c\x40\0\x19")]
    public void Waits_for_the_rest(string header)
    {
        for (var length = 0; length < header.Length; length++)
        {
            var buffer = new ReadOnlySequence<byte>(Encoding.Latin1.GetBytes(header[..length]));
            Assert.Equal(ProxyHeaderStatus.More, ProxyHeader.TryRead(ref buffer, out _));
            Assert.Equal(length, buffer.Length);
        }
    }
}
