using System.Text;

namespace Relay.Platform.Contacts;

/// <summary>Finds and takes apart the first record of some octets. Delimiters, quotes and line ends are ASCII in every encoding we read.</summary>
internal sealed class CsvRecordParser(byte delimiter, Encoding encoding)
{
    private const byte Quote = (byte)'"';
    private const byte Return = (byte)'\r';
    private const byte LineFeed = (byte)'\n';

    private readonly List<string> _fields = [];
    private readonly List<byte> _unquoted = [];

    /// <param name="isFinal">What is not there does not come any more, or is too much.</param>
    /// <returns>False: more octets are needed.</returns>
    public bool TryParse(ReadOnlySpan<byte> data, bool isFinal, out CsvRecord? record, out int consumed)
    {
        _fields.Clear();
        record = null;
        consumed = 0;
        string? problem = null;
        var at = 0;
        while (true)
        {
            var status = data.Length > at && data[at] == Quote ? ReadQuoted(data, ref at, isFinal, ref problem) : ReadPlain(data, ref at, isFinal, ref problem);
            switch (status)
            {
                case FieldEnd.More:
                    return false;
                case FieldEnd.Broken:
                    return Broken(data, isFinal, out record, out consumed);
                case FieldEnd.Record:
                    record = new CsvRecord([.. _fields], problem ?? (at > CsvReader.MaxRecordBytes ? TooLong : null));
                    consumed = at;
                    return true;
            }
        }
    }

    private static string TooLong => $"the row is longer than {CsvReader.MaxRecordBytes} octets";

    // The line with the fault is given up, whatever its quotes say.
    private static bool Broken(ReadOnlySpan<byte> data, bool isFinal, out CsvRecord? record, out int consumed)
    {
        var end = data.IndexOfAny(Return, LineFeed);
        consumed = end < 0 ? data.Length : end + (data[end] == Return && end + 1 < data.Length && data[end + 1] == LineFeed ? 2 : 1);
        record = new CsvRecord([], data.Length > CsvReader.MaxRecordBytes ? TooLong : "a quotation mark is never closed, or something stands behind a closing one");

        // As at any line end: whether a line feed follows decides where the next record begins.
        return isFinal || (end >= 0 && (data[end] != Return || end + 1 < data.Length));
    }

    private FieldEnd ReadPlain(ReadOnlySpan<byte> data, ref int at, bool isFinal, ref string? problem)
    {
        var length = data[at..].IndexOfAny(delimiter, Return, LineFeed);
        if (length < 0)
        {
            if (!isFinal)
            {
                return FieldEnd.More;
            }

            length = data.Length - at;
        }

        Add(data.Slice(at, length), ref problem);
        at += length;
        return EndField(data, ref at, isFinal);
    }

    private FieldEnd ReadQuoted(ReadOnlySpan<byte> data, ref int at, bool isFinal, ref string? problem)
    {
        _unquoted.Clear();
        var next = at + 1;
        while (true)
        {
            var length = data[next..].IndexOf(Quote);
            if (length < 0)
            {
                return isFinal ? FieldEnd.Broken : FieldEnd.More;
            }

            _unquoted.AddRange(data.Slice(next, length));
            next += length + 1;
            if (next == data.Length)
            {
                if (!isFinal)
                {
                    return FieldEnd.More;
                }

                break;
            }

            if (data[next] != Quote)
            {
                break;
            }

            _unquoted.Add(Quote);
            next++;
        }

        if (next < data.Length && data[next] != delimiter && data[next] is not (Return or LineFeed))
        {
            return FieldEnd.Broken;
        }

        Add(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_unquoted), ref problem);
        at = next;
        return EndField(data, ref at, isFinal);
    }

    private FieldEnd EndField(ReadOnlySpan<byte> data, ref int at, bool isFinal)
    {
        if (at == data.Length)
        {
            return isFinal ? FieldEnd.Record : FieldEnd.More;
        }

        if (data[at] == delimiter)
        {
            at++;
            return FieldEnd.Field;
        }

        if (data[at] == Return)
        {
            // Whether a line feed follows decides where the next record begins.
            if (at + 1 == data.Length && !isFinal)
            {
                return FieldEnd.More;
            }

            at += at + 1 < data.Length && data[at + 1] == LineFeed ? 2 : 1;
            return FieldEnd.Record;
        }

        at++;
        return FieldEnd.Record;
    }

    private void Add(ReadOnlySpan<byte> octets, ref string? problem)
    {
        try
        {
            _fields.Add(encoding.GetString(octets));
        }
        catch (DecoderFallbackException)
        {
            problem ??= "the row is not valid UTF-8: save the file as UTF-8, or name its charset";
            _fields.Add(string.Empty);
        }
    }

    private enum FieldEnd
    {
        Field,
        Record,
        More,
        Broken,
    }
}
