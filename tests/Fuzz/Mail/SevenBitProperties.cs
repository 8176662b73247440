using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Relay.Mail;
using Xunit;

namespace Relay.Tests.Fuzz;

/// <summary>Conversion to 7 bits against the reader of whole messages, which knows nothing of it.</summary>
public sealed class SevenBitProperties
{
    private static readonly Config Many = Config.QuickThrowOnFailure.WithMaxTest(3000);

    // Lines that make structure likely, and broken structure too.
    private static readonly string[] Lines =
    [
        "", "--b", "--b--", "--c", "--c--", "-- b", "text", "name: value", "café au lait", "строка", "x = y ", "..", "Content-Type: multipart/mixed; boundary=b",
        "Content-Type: multipart/alternative; boundary=c", "Content-Type: message/rfc822", "Content-Type: text/html; charset=utf-8",
        "Content-Type: multipart/signed; boundary=c", "Content-Transfer-Encoding: 8bit", "Content-Transfer-Encoding: base64",
        "Content-Transfer-Encoding: binary", "Content-Disposition: attachment; filename=x", " folded", "Content-Type: message/partial",
    ];

    private static readonly Arbitrary<string> Messages = Gen.Choose(0, Lines.Length - 1).ListOf()
        .Select(numbers => "Subject: x\r\nMIME-Version: 1.0\r\n" + string.Join("\r\n", numbers.Select(n => Lines[n])) + "\r\n").ToArbitrary();

    [Fact]
    public void What_is_converted_is_clean_and_reads_as_before() => Prop.ForAll(Messages, message =>
    {
        var content = Encoding.UTF8.GetBytes(message);
        var plan = PlanAsync(content, int.MaxValue).GetAwaiter().GetResult();
        if (plan.Problem is not null)
        {
            return plan.IsNeeded;
        }

        var converted = ConvertAsync(plan, content).GetAwaiter().GetResult();
        return Ascii.IsValid(converted) && Contents(content).SequenceEqual(Contents(converted));
    }).Check(Many);

    [Fact]
    public void Pieces_do_not_matter() => Prop.ForAll(Messages, Gen.Choose(1, 9).ToArbitrary(), (message, size) =>
    {
        var content = Encoding.UTF8.GetBytes(message);
        var whole = PlanAsync(content, int.MaxValue).GetAwaiter().GetResult();
        var pieces = PlanAsync(content, size).GetAwaiter().GetResult();
        return (whole.Problem, whole.IsNeeded, whole.HeaderBytes) == (pieces.Problem, pieces.IsNeeded, pieces.HeaderBytes)
            && (whole.Problem is not null || ConvertAsync(whole, content).GetAwaiter().GetResult().SequenceEqual(ConvertAsync(pieces, content).GetAwaiter().GetResult()));
    }).Check(Many);

    private static List<string> Contents(byte[] message) =>
        [.. MimeReader.Read(message).SelfAndDescendants().Where(part => part.Children.Count == 0 && !part.IsMultipart && !part.IsMessage).Select(part => part.MediaType + "\n" + Text(part))];

    // A last line end may be added: SMTP needs one.
    private static string Text(MimeEntity part) => Encoding.UTF8.GetString(part.GetContent()).TrimEnd('\r', '\n');

    private static async Task<SevenBitConversion> PlanAsync(byte[] content, int size) =>
        await SevenBitConversion.PlanAsync(new Dripping(content, size), CancellationToken.None);

    private static async Task<byte[]> ConvertAsync(SevenBitConversion plan, byte[] content)
    {
        await using var converted = plan.Open(new MemoryStream(content));
        using var output = new MemoryStream();
        await converted.CopyToAsync(output);
        return output.ToArray();
    }

    private sealed class Dripping(byte[] content, int size) : MemoryStream(content, writable: false)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(buffer.Length, size)], cancellationToken);
    }
}
