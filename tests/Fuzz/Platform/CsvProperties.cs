using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Relay.Platform.Contacts;
using Xunit;

namespace Relay.Tests.Fuzz;

/// <summary>Records of files that anybody may send: read as they were written, whatever they hold and wherever the octets are cut.</summary>
public sealed class CsvProperties
{
    private static readonly string[] Texts = ["", "a", "\"", "\"\"", ",", ";", "\r", "\n", "\r\n", " ", "é", "漢", "🎉", "\t", "plain text", "\0"];
    private static readonly byte[][] Octets = [.. Texts.Select(Encoding.UTF8.GetBytes), [0xff], [0xc3], [0xe2, 0x82], [0xed, 0xa0, 0x80], [0x80]];

    private static readonly Config Many = Config.QuickThrowOnFailure.WithMaxTest(3000);

    [Fact]
    public void What_was_written_is_read() => Prop.ForAll(
        (from rows in Gen.Elements(Texts).ArrayOf().Select(string.Concat).NonEmptyListOf().NonEmptyListOf()
         from delimiter in Gen.Elements(',', ';', '\t', '|')
         from end in Gen.Elements("\n", "\r\n", "\r")
         select (Rows: rows, Delimiter: delimiter, End: end)).ToArbitrary(),
        c =>
        {
            var text = string.Concat(c.Rows.Select(row => string.Join(c.Delimiter, row.Select(field => $"\"{field.Replace("\"", "\"\"", StringComparison.Ordinal)}\"")) + c.End));
            var records = Read(Encoding.UTF8.GetBytes(text), c.Delimiter, int.MaxValue);
            return records.Count == c.Rows.Count && records.Zip(c.Rows).All(pair => pair.First.Problem is null && pair.First.Fields.SequenceEqual(pair.Second));
        }).Check(Many);

    [Fact]
    public void Any_octets_end_are_used_up_and_mean_the_same_however_they_arrive() => Prop.ForAll(
        (from parts in Gen.Elements(Octets).ArrayOf(40)
         from piece in Gen.Choose(1, 7)
         select (Data: parts.SelectMany(part => part).ToArray(), Piece: piece)).ToArbitrary(),
        c =>
        {
            var whole = Read(c.Data, ',', int.MaxValue);
            var pieces = Read(c.Data, ',', c.Piece);
            return whole.Count <= c.Data.Length
                && whole.Select(Text).SequenceEqual(pieces.Select(Text));
        }).Check(Many);

    private static string Text(CsvRecord record) => $"{record.Problem}:{string.Join('\u001f', record.Fields)}";

    /// <summary>As the reader does: what is there so far, and the rest when the parser asks for more.</summary>
    private static List<CsvRecord> Read(byte[] data, char delimiter, int piece)
    {
        var parser = new CsvRecordParser((byte)delimiter, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true));
        var records = new List<CsvRecord>();
        var (begin, end) = (0, Math.Min(piece, data.Length));
        while (begin < data.Length)
        {
            if (parser.TryParse(data.AsSpan(begin, end - begin), isFinal: end == data.Length, out var record, out var consumed))
            {
                Assert.InRange(consumed, 1, end - begin);
                records.Add(record!);
                begin += consumed;
            }
            else
            {
                Assert.True(end < data.Length, "a parser that has everything asks for more");
                end = (int)Math.Min((long)end + piece, data.Length);
            }

            end = Math.Max(begin, end);
            if (begin == end && end < data.Length)
            {
                end = (int)Math.Min((long)end + piece, data.Length);
            }
        }

        return records;
    }
}
