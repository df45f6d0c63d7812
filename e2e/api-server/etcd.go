package main

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/server/v3/embed"
)

type store struct {
	*embed.Etcd
	endpoint string
}

// startEtcd runs etcd in this process. Its data is thrown away with the run, so nothing is forced to the disk.
func startEtcd(directory string) (*store, error) {
	client, err := freePort()
	if err != nil {
		return nil, err
	}
	peer, err := freePort()
	if err != nil {
		return nil, err
	}
	address := func(port int) []url.URL {
		return []url.URL{{Scheme: "http", Host: fmt.Sprintf("127.0.0.1:%d", port)}}
	}
	config := embed.NewConfig()
	config.Dir = directory
	config.LogLevel = "error"
	config.LogOutputs = []string{directory + ".log"}
	config.UnsafeNoFsync = true
	config.QuotaBackendBytes = 4 << 30
	config.MaxRequestBytes = 4 << 20
	config.ListenClientUrls, config.AdvertiseClientUrls = address(client), address(client)
	config.ListenPeerUrls, config.AdvertisePeerUrls = address(peer), address(peer)
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	etcd, err := embed.StartEtcd(config)
	if err != nil {
		return nil, err
	}
	select {
	case <-etcd.Server.ReadyNotify():
		return &store{etcd, address(client)[0].String()}, nil
	case err := <-etcd.Err():
		return nil, err
	case <-time.After(30 * time.Second):
		etcd.Close()
		return nil, fmt.Errorf("etcd was not ready within 30 s")
	}
}

// forget drops all history: who lists or watches from before is told that it is gone.
func (s *store) forget() error {
	revision := s.Server.KV().Rev()
	_, err := s.Server.Compact(context.Background(), &etcdserverpb.CompactionRequest{Revision: revision, Physical: true})
	return err
}
