using Relay.Delivery;

namespace Relay.Storage;

internal sealed class SqliteDownPathStore(RelayDatabase database) : IDownPathStore
{
    private const string SelectNewest = """
        SELECT site, source, queue_key, at FROM (SELECT * FROM down_key ORDER BY at DESC LIMIT ?) ORDER BY site, source, queue_key
        """;

    private const string Upsert = """
        INSERT INTO down_key (site, source, queue_key, at) VALUES (?, ?, ?, ?)
        ON CONFLICT (site, source, queue_key) DO UPDATE SET at = excluded.at
        """;

    private const string Delete = "DELETE FROM down_key WHERE site = ? AND source = ?";

    private const string Forget = "DELETE FROM down_key WHERE at < ?";

    public ValueTask<IReadOnlyList<DownKey>> LoadAsync(int limit, CancellationToken cancellationToken) =>
        database.Readers.ReadAsync<IReadOnlyList<DownKey>>(
            connection =>
            {
                var keys = new List<DownKey>();
                using var query = connection.Use(SelectNewest).Bind((long)limit);
                while (query.Read())
                {
                    keys.Add(new DownKey(query.Text(0), query.Text(1), query.Text(2), query.Time(3)));
                }

                return keys;
            },
            cancellationToken);

    public async ValueTask SaveAsync(DownPathChanges changes) =>
        await database.Writer.RunAsync(
            WriterLane.Bulk,
            0,
            connection =>
            {
                foreach (var (site, source) in changes.Gone)
                {
                    connection.Use(Delete).Bind(site).Bind(source).Run();
                }

                foreach (var key in changes.Seen)
                {
                    connection.Use(Upsert).Bind(key.Site).Bind(key.Source).Bind(key.QueueKey).Bind(key.At).Run();
                }

                connection.Use(Forget).Bind(changes.ForgetBefore).Run();
                return true;
            },
            CancellationToken.None);
}
