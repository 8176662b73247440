using System.Buffers;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Relay.Smtp.Server;
using Xunit;

namespace Relay.Tests.Fuzz;

public sealed class ProxyHeaderFuzz
{
    private static readonly string[] Openings =
        ["", "PROXY ", "PROXY TCP4 ", "PROXY TCP6 ", "PROXY UNKNOWN", "\r\n\r\n\0\r\nQUIT\n", "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c", "\r\n\r\n\0\r\nQUIT\n\x21\x21\0\x24"];

    [Fact]
    public void Any_octets_are_a_header_or_none_and_nothing_is_taken_of_a_refused_one()
    {
        var cases =
            from opening in Gen.Elements(Openings)
            from rest in Gen.Elements(" ", "192.0.2.1", "2001:db8::1", "25", "65536", "\r", "\n", "\r\n", "\0", "x", "\xff", ":", ".").ListOf()
            from octets in ArbMap.Default.GeneratorFor<byte[]>()
            select (byte[])[.. Encoding.Latin1.GetBytes(opening + string.Concat(rest)), .. octets];
        Prop.ForAll(cases.ToArbitrary(), octets =>
        {
            var buffer = new ReadOnlySequence<byte>(octets);
            var status = ProxyHeader.TryRead(ref buffer, out var header);
            return status == ProxyHeaderStatus.Complete
                ? buffer.Length < octets.Length && (header.Client is null) == (header.Server is null)
                : buffer.Length == octets.Length;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(10_000));
    }
}
