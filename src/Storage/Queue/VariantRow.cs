using Relay.Queue;

namespace Relay.Storage;

/// <summary>Variants and the content they send.</summary>
internal static class VariantRow
{
    public const string Columns = """
        v.id, v.content_id, v.content_size, v.content_header, v.content_file, v.prefix, v.return_path, v.signature, v.signed_at, v.signature_keys
        """;

    private const string Insert = """
        INSERT INTO variant (id, account_id, message_no, content_id, content_size, content_header, content_file, prefix, return_path)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        """;

    private const string InsertContent = "INSERT INTO content (id, account_id, file_name, body) VALUES (?, ?, ?, ?)";

    private const string UpdateSignature = "UPDATE variant SET signature = ?, signed_at = ?, signature_keys = ? WHERE id = ?";

    public static void WriteContent(SqliteConnection connection, long accountId, long contentId, SpooledContent content) =>
        connection.Use(InsertContent)
            .Bind(contentId)
            .Bind(accountId)
            .Bind(content.FileName)
            .Bind(content.Inline)
            .Run();

    public static void Write(SqliteConnection connection, long accountId, long messageNo, Variant variant) =>
        connection.Use(Insert)
            .Bind(variant.Id)
            .Bind(accountId)
            .Bind(messageNo)
            .Bind(variant.Content.Id)
            .Bind(variant.Content.SizeBytes)
            .Bind(variant.Content.HeaderBytes)
            .Bind(variant.Content.FileName)
            .Bind(variant.Prefix.Span)
            .Bind(variant.ReturnPath)
            .Run();

    public static void WriteSignature(SqliteConnection connection, long variantId, VariantSignature signature) =>
        connection.Use(UpdateSignature)
            .Bind(signature.Fields.Span)
            .Bind(signature.SignedAt)
            .Bind(signature.KeyNames)
            .Bind(variantId)
            .Run();

    /// <summary>Reads <see cref="Columns"/> that begin at column <paramref name="at"/>.</summary>
    public static Variant Read(SqliteStatement row, int at) => new()
    {
        Id = row.Int64(at),
        Content = new ContentReference(row.Int64(at + 1), row.Int64(at + 2), row.Int64(at + 3), row.NullableText(at + 4)),
        Prefix = row.Blob(at + 5).ToArray(),
        ReturnPath = row.NullableText(at + 6),
        Signature = row.IsNull(at + 7)
            ? null
            : new VariantSignature(row.Blob(at + 7).ToArray(), row.Time(at + 8), row.Text(at + 9)),
    };
}
