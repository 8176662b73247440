using System.Net;
using Relay.Dns;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public class DnsMessageTests
{
    private const string Name = "example.com";

    [Fact]
    public void Reads_a_captured_answer_with_compression()
    {
        // example.com MX: two answers, the second with its exchange pointing into the first's.
        byte[] bytes =
        [
            0x12, 0x34, 0x81, 0x80, 0, 1, 0, 2, 0, 0, 0, 0,
            7, .. "example"u8, 3, .. "com"u8, 0, 0, 15, 0, 1,
            0xc0, 12, 0, 15, 0, 1, 0, 0, 1, 44, 0, 10, 0, 10, 5, .. "mxone"u8, 0xc0, 12,
            0xc0, 12, 0, 15, 0, 1, 0, 0, 1, 44, 0, 7, 0, 20, 2, .. "b2"u8, 0xc0, 43,
        ];

        var message = Read(bytes);

        Assert.True(DnsMessage.IsResponseTo(bytes, 0x1234, Name, RecordType.Mx));
        Assert.Equal([new MxRecord(10, "mxone.example.com"), new MxRecord(20, "b2.mxone.example.com")], message.Answers.Select(a => a.Data));
        Assert.All(message.Answers, a => Assert.Equal((Name, TimeSpan.FromSeconds(300)), (a.Owner, a.TimeToLive)));
    }

    [Fact]
    public void Reads_every_type_we_ask_for()
    {
        var message = Read(new DnsPacket()
            .Question(Name, DnsPacket.A)
            .Answer(Name, DnsPacket.A, 60, DnsPacket.AddressData("192.0.2.1"))
            .Answer(Name, DnsPacket.Aaaa, 60, DnsPacket.AddressData("2001:db8::1"))
            .Answer(Name, DnsPacket.Txt, 60, DnsPacket.TextData("v=spf1 -all"))
            .Answer(Name, DnsPacket.Ptr, 60, DnsPacket.Name("Host.Example.com"))
            .Answer(Name, DnsPacket.Cname, 60, DnsPacket.Name("other.test")));

        Assert.Equal(
            [
                new AddressRecord(IPAddress.Parse("192.0.2.1")),
                new AddressRecord(IPAddress.Parse("2001:db8::1")),
                new TxtRecord("v=spf1 -all"),
                new PtrRecord("host.example.com"),
                new AliasRecord("other.test"),
            ],
            message.Answers.Select(a => a.Data));
    }

    [Fact]
    public void Joins_text_strings_without_separator_and_keeps_empty_ones_harmless()
    {
        var message = Read(new DnsPacket().Question(Name, DnsPacket.Txt).Answer(Name, DnsPacket.Txt, 60, [2, .. "ab"u8, 0, 1, (byte)'c']));

        Assert.Equal(new TxtRecord("abc"), message.Answers[0].Data);
    }

    [Fact]
    public void Names_with_odd_bytes_have_one_unmistakable_text()
    {
        var message = Read(new DnsPacket().Question(Name, DnsPacket.Ptr)
            .Answer(Name, DnsPacket.Ptr, 60, [5, (byte)'a', (byte)'.', 0, (byte)'\\', 0xff, 4, .. "test"u8, 0]));

        Assert.Equal(new PtrRecord("a\\046\\000\\092\\255.test"), message.Answers[0].Data);
    }

    [Fact]
    public void Other_classes_and_types_pass_unread()
    {
        var message = Read(new DnsPacket().Question(Name, DnsPacket.A)
            .Answer(Name, DnsPacket.A, 60, [1, 2, 3], recordClass: 3)
            .Answer(Name, 46, 60, [1, 2, 3])
            .Answer(Name, DnsPacket.A, 60, DnsPacket.AddressData("192.0.2.1")));

        Assert.Single(message.Answers);
    }

    [Theory]
    [InlineData(3600, 300, 300)]
    [InlineData(60, 300, 60)]
    public void Negative_lifetime_is_the_lesser_of_the_soa_ttl_and_minimum(uint timeToLive, uint minimum, int expected)
    {
        var message = Read(new DnsPacket().Code(3).Question(Name, DnsPacket.Mx).StartOfAuthority("com", timeToLive, minimum));

        Assert.Equal(TimeSpan.FromSeconds(expected), message.NegativeTimeToLive);
        Assert.Equal(ResponseCode.NameError, message.Code);
    }

    [Fact]
    public void A_ttl_with_the_top_bit_counts_as_zero()
    {
        var message = Read(new DnsPacket().Question(Name, DnsPacket.A)
            .Answer(Name, DnsPacket.A, 0x80000001, DnsPacket.AddressData("192.0.2.1")));

        Assert.Equal(TimeSpan.Zero, message.Answers[0].TimeToLive);
    }

    [Theory]
    [InlineData(6, "", "DNSSEC bogus")]
    [InlineData(6, "signature\texpired\r\n", "DNSSEC bogus: signature expired  ")]
    [InlineData(4711, "own", "extended error 4711: own")]
    public void Reads_the_extended_error(int code, string text, string expected)
    {
        var message = Read(new DnsPacket().Code(2).Question(Name, DnsPacket.Mx).ExtendedError(code, text));

        Assert.Equal(expected, message.Error?.ToString());
    }

    [Fact]
    public void The_text_of_an_extended_error_is_bounded()
    {
        var message = Read(new DnsPacket().Code(2).Question(Name, DnsPacket.Mx).ExtendedError(0, new string('x', 5000)));

        Assert.True(message.Error!.ToString().Length < 200);
    }

    [Fact]
    public void Upper_bits_of_the_code_come_from_opt()
    {
        var message = Read(new DnsPacket().Question(Name, DnsPacket.Mx).Additional(string.Empty, DnsPacket.Opt, 0x01000000, [], 1232));

        Assert.Equal(ResponseCode.BadVersion, message.Code);
    }

    [Fact]
    public void Nothing_behind_the_question_of_a_truncated_message_is_read()
    {
        var message = Read(new DnsPacket().Truncated().Question(Name, DnsPacket.A)
            .Answer(Name, DnsPacket.A, 60, DnsPacket.AddressData("192.0.2.1")).Claim(1, 9));

        Assert.True(message.IsTruncated);
        Assert.Empty(message.Answers);
    }

    [Theory]
    [InlineData("EXAMPLE.com", DnsPacket.Mx, 1, 0x1234, 0x8180, true)]
    [InlineData("example.org", DnsPacket.Mx, 1, 0x1234, 0x8180, false)]
    [InlineData("example.com", DnsPacket.A, 1, 0x1234, 0x8180, false)]
    [InlineData("example.com", DnsPacket.Mx, 3, 0x1234, 0x8180, false)]
    [InlineData("example.com", DnsPacket.Mx, 1, 0x1235, 0x8180, false)]
    [InlineData("example.com", DnsPacket.Mx, 1, 0x1234, 0x0100, false)] // a query
    [InlineData("example.com", DnsPacket.Mx, 1, 0x1234, 0xa180, false)] // another operation
    public void Knows_the_response_to_its_question(string name, ushort type, ushort recordClass, ushort id, ushort flags, bool expected)
    {
        var bytes = new DnsPacket(id, flags).Question(name, type, recordClass).ToArray();

        Assert.Equal(expected, DnsMessage.IsResponseTo(bytes, 0x1234, Name, RecordType.Mx));
    }

    [Fact]
    public void Only_a_failure_may_come_without_question()
    {
        Assert.True(DnsMessage.IsResponseTo(new DnsPacket().Code(1).ToArray(), 0x1234, Name, RecordType.Mx));
        Assert.False(DnsMessage.IsResponseTo(new DnsPacket().ToArray(), 0x1234, Name, RecordType.Mx));
        Assert.False(DnsMessage.IsResponseTo(new DnsPacket().Code(3).ToArray(), 0x1234, Name, RecordType.Mx));
        Assert.False(DnsMessage.IsResponseTo([0x12, 0x34], 0x1234, Name, RecordType.Mx));
    }

    [Fact]
    public void Every_cut_of_a_message_is_malformed()
    {
        var bytes = new DnsPacket().Question(Name, DnsPacket.Mx)
            .Answer(Name, DnsPacket.Mx, 60, DnsPacket.MxData(10, "mx.example.com"))
            .StartOfAuthority(Name, 60, 60)
            .ExtendedError(3, "stale")
            .ToArray();

        Assert.True(DnsMessage.TryRead(bytes, out _));
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.False(DnsMessage.TryRead(bytes.AsSpan(0, length), out _));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Counts_that_promise_too_much_are_malformed(int section)
    {
        Assert.False(TryRead(new DnsPacket().Question(Name, DnsPacket.Mx).Claim(section, 1).ToArray()));
        Assert.False(TryRead(new DnsPacket().Question(Name, DnsPacket.Mx).Claim(section, ushort.MaxValue).ToArray()));
    }

    [Fact]
    public void More_than_one_question_is_malformed()
    {
        Assert.False(TryRead(new DnsPacket().Question(Name, DnsPacket.Mx).Question(Name, DnsPacket.A).ToArray()));
    }

    [Fact]
    public void More_records_than_any_honest_answer_are_malformed()
    {
        var packet = new DnsPacket().Question(Name, DnsPacket.A);
        for (var i = 0; i <= DnsMessage.MaxRecords; i++)
        {
            packet.Answer(string.Empty, DnsPacket.A, 60, DnsPacket.AddressData("192.0.2.1"));
        }

        Assert.False(TryRead(packet.ToArray()));
    }

    [Theory]
    [InlineData(new byte[] { 0xc0, 29 })] // to itself
    [InlineData(new byte[] { 0xc0, 31 })] // forwards
    [InlineData(new byte[] { 0xff, 0xff })] // far outside
    [InlineData(new byte[] { 0xc0, 4 })] // into the header
    [InlineData(new byte[] { 1, (byte)'a', 0xc0, 29 })] // to its own start: a loop that grows
    [InlineData(new byte[] { 0xc0 })] // cut
    [InlineData(new byte[] { 0x40, 1 })] // a label type nobody uses
    [InlineData(new byte[] { 0x80, 1 })]
    public void Hostile_compression_is_malformed(byte[] name)
    {
        // The answer begins at 12 + 13 + 4 = 29.
        byte[] rest = [0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1];

        Assert.False(TryRead(new DnsPacket().Question(Name, DnsPacket.A).RawAnswer([.. name, .. rest]).ToArray()));
    }

    [Fact]
    public void A_pointer_to_a_pointer_is_followed_but_not_without_end()
    {
        Assert.True(TryRead(WithPointerChain(30)));
        Assert.False(TryRead(WithPointerChain(40)));
    }

    [Fact]
    public void A_name_longer_than_255_bytes_is_malformed_even_through_pointers()
    {
        var label = new string('a', 63);
        var longest = $"{label}.{label}.{label}.{new string('a', 61)}";
        byte[] rest = [0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1];

        Assert.True(TryRead(new DnsPacket().Question(longest, DnsPacket.A).RawAnswer([0xc0, 12, .. rest]).ToArray()));
        Assert.False(TryRead(new DnsPacket().Question(longest, DnsPacket.A).RawAnswer([1, (byte)'b', 0xc0, 12, .. rest]).ToArray()));
    }

    [Theory]
    [InlineData(DnsPacket.A, new byte[] { 192, 0, 2 })]
    [InlineData(DnsPacket.A, new byte[] { 192, 0, 2, 1, 1 })]
    [InlineData(DnsPacket.Aaaa, new byte[] { 192, 0, 2, 1 })]
    [InlineData(DnsPacket.Mx, new byte[] { 0 })]
    [InlineData(DnsPacket.Mx, new byte[] { 0, 10 })]
    [InlineData(DnsPacket.Mx, new byte[] { 0, 10, 1, (byte)'a', 0, 0 })] // a byte too many
    [InlineData(DnsPacket.Txt, new byte[0])]
    [InlineData(DnsPacket.Txt, new byte[] { 5, (byte)'a' })]
    [InlineData(DnsPacket.Tlsa, new byte[] { 3, 1, 1 })]
    [InlineData(DnsPacket.Cname, new byte[] { 3, (byte)'a' })]
    [InlineData(DnsPacket.Ptr, new byte[0])]
    public void Data_that_do_not_fit_their_type_are_malformed(ushort type, byte[] data)
    {
        // A record behind it makes sure that a name may not run on into the next.
        var packet = new DnsPacket().Question(Name, type).Answer(Name, type, 60, data).Answer(Name, 99, 60, [0, 0, 0, 0]);

        Assert.False(TryRead(packet.ToArray()));
    }

    [Theory]
    [InlineData(new byte[] { 0 })]
    [InlineData(new byte[] { 0, 15, 0 })]
    [InlineData(new byte[] { 0, 15, 0, 9, 0, 6 })]
    public void Options_that_overrun_are_malformed(byte[] options)
    {
        var packet = new DnsPacket().Question(Name, DnsPacket.Mx).Additional(string.Empty, DnsPacket.Opt, 0, options, 1232);

        Assert.False(TryRead(packet.ToArray()));
    }

    /// <summary>Unknown data holding pointers, each to the one before, and a record whose owner is the last of them.</summary>
    private static byte[] WithPointerChain(int length)
    {
        const int chainAt = 12 + 13 + 4 + 1 + 10;
        var chain = new List<byte> { 0xc0, 12 };
        for (var i = 1; i < length; i++)
        {
            chain.AddRange([0xc0, (byte)(chainAt + (2 * (i - 1)))]);
        }

        byte[] owner = [.. chain[^2..]];
        return new DnsPacket().Question(Name, DnsPacket.A)
            .Answer(string.Empty, 99, 60, [.. chain])
            .RawAnswer([.. owner, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1])
            .ToArray();
    }

    private static bool TryRead(byte[] bytes) => DnsMessage.TryRead(bytes, out _);

    private static DnsMessage Read(DnsPacket packet) => Read(packet.ToArray());

    private static DnsMessage Read(byte[] bytes)
    {
        Assert.True(DnsMessage.TryRead(bytes, out var message));
        return message;
    }
}
