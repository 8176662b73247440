using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Relay.Platform.Contacts;

/// <summary>Reads the first row of a received file and decides what each column is, so that a wrong file is refused at once.</summary>
internal static class ImportHead
{
    private const int SampleBytes = CsvReader.MaxRecordBytes;
    private const int MaxColumns = 250;
    private const int MaxFileNameLength = 100;

    private static readonly char[] Delimiters = [',', ';', '\t', '|'];

    private static readonly Dictionary<string, string> KnownNames = new(StringComparer.Ordinal)
    {
        ["email"] = "email",
        ["emailaddress"] = "email",
        ["mail"] = "email",
        ["firstname"] = "firstName",
        ["givenname"] = "firstName",
        ["lastname"] = "lastName",
        ["surname"] = "lastName",
        ["familyname"] = "lastName",
        ["subscribed"] = "subscribed",
        ["tags"] = "tags",
        ["status"] = ImportRequest.Skipped,
        ["unsubscribereason"] = ImportRequest.Skipped,
        ["createdat"] = ImportRequest.Skipped,
        ["subscribedat"] = ImportRequest.Skipped,
        ["unsubscribedat"] = ImportRequest.Skipped,
        ["id"] = ImportRequest.Skipped,
    };

    /// <param name="query">delimiter, charset, map (NAME:TARGET, repeated), subscribed, confirmed, update, tags.</param>
    public static async ValueTask<ApiResult<ImportRequest>> ReadAsync(
        ContactBook book, Stream file, ReceivedFile received, IQueryCollection query, CancellationToken cancellationToken)
    {
        var faults = new FieldFaults();
        var charset = query.Text("charset") ?? received.Charset ?? "utf-8";
        var subscribed = query.Flag(faults, "subscribed");
        var confirmed = query.Flag(faults, "confirmed") ?? false;
        var update = query.Flag(faults, "update") ?? true;
        var tags = Tags(query, faults);
        var delimiter = Delimiter(query, faults);
        var encoding = ImportRequest.EncodingOf(charset);
        if (encoding is null)
        {
            faults.Add("charset", "must be utf-8, iso-8859-1 or windows-1252");
        }

        if (faults.First is { } fault)
        {
            return fault;
        }

        var sample = new byte[SampleBytes];
        var length = await file.ReadAtLeastAsync(sample, SampleBytes, throwOnEndOfStream: false, cancellationToken);
        var start = MarkLength(sample.AsSpan(0, length));
        if (start < 0)
        {
            return ApiFault.BadRequest("the file is UTF-16: save it as UTF-8");
        }

        var chosen = delimiter ?? Guess(sample.AsSpan(start, length - start));
        var parser = new CsvRecordParser((byte)chosen, encoding!);
        if (!parser.TryParse(sample.AsSpan(start, length - start), isFinal: true, out var record, out var consumed) || record!.Problem is not null)
        {
            return ApiFault.BadRequest($"the first row cannot be read: {record?.Problem}");
        }

        return Columns(record.Fields, query).Failed(out fault, out var columns)
            ? fault
            : new ImportRequest(
                book.Id, book.Uid, FileName(received.Name), chosen, charset, columns, start + consumed, file.Length, subscribed, confirmed, update, tags);
    }

    private static ApiResult<List<string>> Columns(IReadOnlyList<string> names, IQueryCollection query)
    {
        if (names.Count > MaxColumns)
        {
            return ApiFault.BadRequest(string.Create(CultureInfo.InvariantCulture, $"the first row has {names.Count} columns; {MaxColumns} are the most"));
        }

        if (ReadMap(names, query).Failed(out var fault, out var map))
        {
            return fault;
        }

        var columns = names.Select(name => map.TryGetValue(Simple(name), out var target) ? target : Known(name)).ToList();
        var twice = columns.Where(column => column != ImportRequest.Skipped).GroupBy(column => column).FirstOrDefault(group => group.Count() > 1)?.Key;
        return twice is not null ? ApiFault.BadField("map", $"two columns mean {twice}: map one of them to '-'")
            : columns.Contains("email") ? columns
            : ApiFault.BadRequest($"no column of the first row is an e-mail address: add map=NAME:email; the first row is: {string.Join(" | ", names.Take(20))}");
    }

    private static ApiResult<Dictionary<string, string>> ReadMap(IReadOnlyList<string> names, IQueryCollection query)
    {
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var entry in query["map"])
        {
            var colon = entry?.LastIndexOf(':') ?? -1;
            if (colon <= 0)
            {
                return ApiFault.BadField("map", "must be COLUMN:TARGET");
            }

            var (name, target) = (Simple(entry![..colon]), entry[(colon + 1)..].Trim());
            if (!names.Any(known => Simple(known) == name))
            {
                return ApiFault.BadField("map", $"the first row has no column '{entry[..colon]}'");
            }

            if (!IsTarget(target))
            {
                return ApiFault.BadField("map", $"'{target}' must be email, firstName, lastName, subscribed, tags, properties.NAME or '-'");
            }

            map[name] = target;
        }

        return map;
    }

    private static bool IsTarget(string target) =>
        target is "email" or "firstName" or "lastName" or "subscribed" or "tags" or ImportRequest.Skipped
        || (target.StartsWith(ImportRequest.PropertyPrefix, StringComparison.Ordinal) && ContactRules.PropertyNameProblem(target[ImportRequest.PropertyPrefix.Length..]) is null);

    // What nobody knows is a property of its own name; a column without a name is nothing.
    private static string Known(string name)
    {
        var trimmed = name.Trim();
        if (KnownNames.TryGetValue(Simple(trimmed), out var target))
        {
            return target;
        }

        return trimmed.StartsWith(ImportRequest.PropertyPrefix, StringComparison.Ordinal) && IsTarget(trimmed) ? trimmed
            : ContactRules.PropertyNameProblem(trimmed) is null ? ImportRequest.PropertyPrefix + trimmed
            : ImportRequest.Skipped;
    }

    private static string Simple(string name) => string.Concat(name.Where(c => !char.IsWhiteSpace(c) && c is not ('-' or '_'))).ToLowerInvariant();

    private static int MarkLength(ReadOnlySpan<byte> start) =>
        start is [0xef, 0xbb, 0xbf, ..] ? 3 : start is [0xff, 0xfe, ..] or [0xfe, 0xff, ..] ? -1 : 0;

    private static char Guess(ReadOnlySpan<byte> data)
    {
        var counts = new int[Delimiters.Length];
        var isQuoted = false;
        foreach (var octet in data)
        {
            isQuoted ^= octet == (byte)'"';
            if (!isQuoted && octet is ((byte)'\r' or (byte)'\n'))
            {
                break;
            }

            if (!isQuoted && Array.IndexOf(Delimiters, (char)octet) is >= 0 and var index)
            {
                counts[index]++;
            }
        }

        return Delimiters[Array.IndexOf(counts, counts.Max())];
    }

    private static char? Delimiter(IQueryCollection query, FieldFaults faults)
    {
        if (query.Text("delimiter") is not { } text)
        {
            return null;
        }

        var delimiter = text is "tab" ? "\t" : text;
        if (delimiter.Length != 1 || !char.IsAscii(delimiter[0]) || delimiter[0] is '"' or '\r' or '\n' || char.IsAsciiLetterOrDigit(delimiter[0]))
        {
            faults.Add("delimiter", "must be one character such as ; or the word tab");
            return null;
        }

        return delimiter[0];
    }

    private static IReadOnlyList<string> Tags(IQueryCollection query, FieldFaults faults)
    {
        var tags = (query.Text("tags") ?? string.Empty).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (tags.Select(ContactRules.TagProblem).FirstOrDefault(problem => problem is not null) is { } fault || tags.Length > ContactRules.MaxTags)
        {
            faults.Add("tags", tags.Length > ContactRules.MaxTags ? $"may hold {ContactRules.MaxTags} tags at most" : "a tag has 1 to 64 characters, without control characters");
        }

        return ContactRules.Ordered(tags);
    }

    private static string FileName(string? given)
    {
        var name = string.Concat(Path.GetFileName(given ?? string.Empty).Where(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_'));
        return name.Trim('.') is { Length: > 0 } safe ? safe[..Math.Min(safe.Length, MaxFileNameLength)] : "import.csv";
    }
}
