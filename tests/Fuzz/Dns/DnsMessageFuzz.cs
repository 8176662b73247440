using FsCheck;
using FsCheck.Fluent;
using Relay.Dns;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Fuzz;

public class DnsMessageFuzz
{
    private const string Name = "example.com";
    private static readonly Config Config = Config.QuickThrowOnFailure.WithMaxTest(1000).WithEndSize(600);

    private static readonly byte[][] Seeds =
    [
        new DnsPacket().Question(Name, DnsPacket.Mx)
            .Answer(Name, DnsPacket.Mx, 60, DnsPacket.MxData(10, "mx.example.com"))
            .RawAnswer(0xc0, 12, 0, 15, 0, 1, 0, 0, 1, 44, 0, 7, 0, 20, 2, (byte)'b', (byte)'2', 0xc0, 12)
            .ExtendedError(6, "bogus")
            .ToArray(),
        new DnsPacket().Question(Name, DnsPacket.A)
            .Answer(Name, DnsPacket.Cname, 60, DnsPacket.Name("www.example.com"))
            .Answer("www.example.com", DnsPacket.A, 60, DnsPacket.AddressData("192.0.2.1"))
            .Answer("www.example.com", DnsPacket.Aaaa, 60, DnsPacket.AddressData("2001:db8::1"))
            .ToArray(),
        new DnsPacket().Code(3).Question(Name, DnsPacket.Txt).StartOfAuthority(Name, 3600, 60).ToArray(),
        new DnsPacket().Question(Name, DnsPacket.Txt)
            .Answer(Name, DnsPacket.Txt, 60, DnsPacket.TextData(new string('x', 600)))
            .Answer(Name, DnsPacket.Tlsa, 60, DnsPacket.TlsaData(3, 1, 1, new byte[32]))
            .ToArray(),
    ];

    [Fact]
    public void Any_bytes_are_read_or_refused()
    {
        Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), bytes => ReadsWithoutThrowing(bytes)).Check(Config);
    }

    [Fact]
    public void Any_bytes_behind_a_plausible_header_are_read_or_refused()
    {
        Prop.ForAll(
            ArbMap.Default.ArbFor<byte[]>(),
            bytes => ReadsWithoutThrowing([0x12, 0x34, 0x81, 0x80, 0, 1, 0, 3, 0, 1, 0, 1, .. bytes])).Check(Config);
    }

    [Fact]
    public void Mutated_answers_are_read_or_refused()
    {
        var changes = from seed in Gen.Choose(0, Seeds.Length - 1)
                      from edits in Gen.Zip(Gen.Choose(0, 2000), Gen.Choose(0, 255)).ListOf()
                      from cut in Gen.Choose(0, 400)
                      select (seed, edits, cut);

        Prop.ForAll(changes.ToArbitrary(), change =>
        {
            var bytes = (byte[])Seeds[change.seed].Clone();
            foreach (var (at, value) in change.edits.Take(8))
            {
                bytes[at % bytes.Length] = (byte)value;
            }

            var length = change.cut % 4 == 0 ? bytes.Length - (change.cut % bytes.Length) : bytes.Length;
            return ReadsWithoutThrowing(bytes[..length]);
        }).Check(Config);
    }

    [Fact]
    public void Every_name_from_the_wire_is_written_back_as_it_came()
    {
        var label = Gen.Choose(0, 255).Select(b => (byte)b).NonEmptyListOf().Select(l => l.Take(63).ToArray());
        var names = label.ListOf().Select(labels => labels.Take(3).ToArray());

        Prop.ForAll(names.ToArbitrary(), labels =>
        {
            byte[] wire = [.. labels.SelectMany(l => (byte[])[(byte)l.Length, .. l]), 0];
            var reader = new WireReader([.. new byte[12], .. wire], 12);
            var target = new byte[DnsName.MaxWireLength];

            return reader.TryReadName(out var text)
                && DnsName.TryWrite(text, target, out var written)
                && target.AsSpan(0, written).SequenceEqual(LowerCase(labels));
        }).Check(Config);
    }

    [Fact]
    public void Host_names_are_always_writable()
    {
        var characters = Gen.Elements([.. "abcXYZ019-_.".ToCharArray()]);
        var names = characters.ListOf().Select(c => new string([.. c]));

        Prop.ForAll(names.ToArbitrary(), name =>
            !DnsName.IsHostText(name) || DnsName.TryWrite(name, new byte[DnsName.MaxWireLength], out _)).Check(Config);
    }

    /// <summary>Reading ends, throws nothing, and what it brings keeps within its bounds and can be followed.</summary>
    private static bool ReadsWithoutThrowing(byte[] bytes)
    {
        DnsMessage.IsResponseTo(bytes, 0x1234, Name, RecordType.Mx);
        if (!DnsMessage.TryRead(bytes, out var message))
        {
            return true;
        }

        var chain = new AliasChain<MxRecord>(Name);
        chain.Extend(message, isAuthentic: false);
        return message.Answers.Count <= DnsMessage.MaxRecords
            && message.Answers.All(a => a.TimeToLive >= TimeSpan.Zero)
            && DnsName.TryWrite(chain.Name, new byte[DnsName.MaxWireLength], out _);
    }

    /// <summary>Letters are folded when read; lengths and other bytes stay.</summary>
    private static byte[] LowerCase(byte[][] labels) =>
        [.. labels.SelectMany(l => (byte[])[(byte)l.Length, .. l.Select(b => b is >= (byte)'A' and <= (byte)'Z' ? (byte)(b + 32) : b)]), 0];
}
